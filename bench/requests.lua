-- Sends requests that were written beforehand: each as its length in bytes, a line feed, and the bytes.
-- Arguments: the file; "in-order" to send each once, from the first on, or "at-random"; a seed.
local requests, place, inOrder = {}, 0, false

function init(args)
  inOrder = args[2] == "in-order"
  math.randomseed(tonumber(args[3]))
  local file = assert(io.open(args[1], "rb"))
  while true do
    local size = file:read("*n")
    if not size then break end
    file:read(1)
    requests[#requests + 1] = file:read(size)
  end
  file:close()
end

function request()
  if inOrder then
    place = place % #requests + 1
    return requests[place]
  end
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "max": %d, "status": %d, "broken": %d, "late": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    failed.status, failed.connect + failed.read + failed.write, failed.timeout))
end
