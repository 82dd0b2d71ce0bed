"""Titles, descriptions and tags as coaches write them, drawn by a dice, so that a search has something to find."""

import random

RARE_WORD, RARE_TAG = "theremin", "glassblowing"  # in a handful of programmes, however many there are
COMMON_WORD, COMMON_TAG = "breathing", "leadership"
MIDDLING_WORDS = ("beekeeping", "sceptics")  # together in six programmes of a thousand

OPENINGS = (
    *("The quiet art of", "A beginner’s guide to", "Five days of", "What nobody tells you about", "Rethinking"),
    *("Getting started with", "The science behind", "Everyday", "Advanced", "A fresh look at", "Live session:"),
    *("Masterclass in", "How to enjoy", "Stories about", "Questions and answers on", "An hour of"),
)
SUBJECTS = (
    *("breathing", "public speaking", "negotiation", "remote leadership", "deep sleep", "strength training"),
    *("watercolour painting", "household budgets", "difficult conversations", "mindful eating", "trail running"),
    *("job interviews", "time management", "choir singing", "parenting teenagers", "urban gardening", "first aid"),
    *("career changes", "coding for designers", "sourdough baking", "conflict resolution", "retirement planning"),
    *("creative writing", "data storytelling", "beekeeping", "posture at the desk", "learning Spanish"),
    *("sales without pressure", "feedback that helps", "team rituals", "bicycle repair", "portrait photography"),
)
CLOSINGS = (
    *("for busy people", "in small steps", "before breakfast", "at any age", "for teams", "without equipment"),
    *("when everything changes", "with Übung und Geduld", "à la maison", "step by step", "for sceptics"),
    *("in the dark months", "after a setback", "from scratch", "with a partner", "on a small budget"),
)
SENTENCES = (
    "We begin with {subject} and look at what a good first week can be.",
    "You need nothing but a notebook, a quiet corner and twenty minutes.",
    "In the second half we turn to {subject}, with exercises that you can repeat at home.",
    "Participants of earlier sessions tell what worked for them and what did not.",
    "There is time for your questions at the end; send them beforehand if you like.",
    "This webinar was recorded live, with all its pauses and its laughter.",
    "Why does {subject} feel so hard, and what changes once you measure less and observe more?",
    "A worksheet goes with it: print it or keep it beside you on a tablet.",
    "If you have followed the session on {subject}, you will find its ideas taken further here.",
    "Take breaks. Nothing in this programme is a race.",
    "The last chapter collects research from the past ten years, in plain words.",
)
TAGS = (
    *("leadership", "health", "focus", "beginner", "career", "sleep", "movement", "family", "money", "writing"),
    *("music", "food", "teamwork", "sales", "languages", "garden", "photography", "parenting", "stress", "habits"),
    *("running", "cycling", "design", "data", "craft", "retirement", "voice", "study", "travel", "community"),
)
TAG_WEIGHTS = tuple(1 / (place + 1) for place in range(len(TAGS)))  # as people use tags: a few often, most seldom


def dice_for(seed: str) -> random.Random:
    """The same throws for the same seed, so that a database can be filled again as it was."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def title(dice: random.Random) -> str:
    """Three to ten words."""
    return f"{dice.choice(OPENINGS)} {dice.choice(SUBJECTS)} {dice.choice(CLOSINGS)}"


def description(dice: random.Random) -> str:
    """Three to nine sentences in one or two paragraphs, 200 to 800 characters."""
    sentences = [line.format(subject=dice.choice(SUBJECTS)) for line in dice.sample(SENTENCES, dice.randint(3, 9))]
    middle = len(sentences) // 2
    return "\n\n".join((" ".join(sentences[:middle]), " ".join(sentences[middle:]))).strip()


def tags(dice: random.Random) -> list[str]:
    """None to five different ones."""
    return list(dict.fromkeys(dice.choices(TAGS, TAG_WEIGHTS, k=dice.randint(0, 5))))
