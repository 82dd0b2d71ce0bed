// Uses Mux's Node SDK as an application would; test_sdks.py says where and with what.
import { readFileSync } from "node:fs";
import Mux from "@mux/mux-node";

const order = JSON.parse(readFileSync(0, "utf8"));
const mux = new Mux({
  baseURL: order.baseUrl,
  tokenId: order.tokenId,
  tokenSecret: order.tokenSecret,
  webhookSecret: order.webhookSecret,
});

const upload = await mux.video.uploads.create({ cors_origin: "*", new_asset_settings: { playback_policies: ["public"] } });
const cancelled = await mux.video.uploads.cancel(upload.id);
const asset = await mux.video.assets.retrieve(order.assetId);
let listed = false;
for await (const each of mux.video.assets.list({ limit: 2 })) listed ||= each.id === order.assetId;

const headers = { "mux-signature": order.signature };
const event = await mux.webhooks.unwrap(order.body, headers);
const forgeryRefused = await mux.webhooks
  .verifySignature(`${order.body} `, headers)
  .then(() => false, () => true);

const key = await mux.system.signingKeys.create();
const signedId = asset.playback_ids.find((each) => each.policy === "signed").id;
const token = await mux.jwt.signPlaybackId(signedId, { keyId: key.id, keySecret: key.private_key, type: "video" });
const stream = await fetch(`${order.baseUrl}/${signedId}.m3u8?token=${token}`);

process.stdout.write(
  JSON.stringify({
    uploadStatus: upload.status,
    cancelledStatus: cancelled.status,
    assetStatus: asset.status,
    listed,
    eventType: event.type,
    forgeryRefused,
    streamStatus: stream.status,
  }),
);
