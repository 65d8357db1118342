"""The words of the demonstration grammar: every word has one role, one topic or style, one tense.

That makes a sentence's structure readable from its words, which is what the exact entropy rests on.
"""

TOPICS = {
    "sea": {
        "agent": "sailor captain diver pirate fisherman",
        "present": "steers anchors rows salvages",
        "past": "steered anchored rowed salvaged",
        "thing": "boat anchor net sail compass oar",
        "quality": "salty stormy drifting rusty",
        "place": "harbour lighthouse reef",
    },
    "kitchen": {
        "agent": "cook baker waiter butcher brewer",
        "present": "bakes stirs slices seasons",
        "past": "baked stirred sliced seasoned",
        "thing": "bread soup pie stew cake pepper",
        "quality": "tasty spicy burnt creamy",
        "place": "oven pantry bakery",
    },
    "farm": {
        "agent": "farmer shepherd milkmaid herdsman gardener",
        "present": "feeds herds shears milks",
        "past": "fed herded sheared milked",
        "thing": "cow sheep goat calf pony hen",
        "quality": "woolly hungry muddy tame",
        "place": "barn meadow stable",
    },
    "music": {
        "agent": "singer drummer violinist pianist composer",
        "present": "plays tunes rehearses hums",
        "past": "played tuned rehearsed hummed",
        "thing": "song violin melody waltz piano opera",
        "quality": "gentle noisy cheerful solemn",
        "place": "stage theatre ballroom",
    },
    "school": {
        "agent": "teacher pupil student professor librarian",
        "present": "reads explains copies recites",
        "past": "studied explained copied recited",
        "thing": "book lesson poem essay map riddle",
        "quality": "clever difficult patient dusty",
        "place": "classroom library courtyard",
    },
    "space": {
        "agent": "astronaut pilot robot astronomer engineer",
        "present": "launches orbits observes repairs",
        "past": "launched orbited observed repaired",
        "thing": "rocket comet planet satellite telescope moon",
        "quality": "distant shining silent frozen",
        "place": "crater observatory hangar",
    },
    "clinic": {
        "agent": "doctor nurse surgeon dentist midwife",
        "present": "treats bandages examines heals",
        "past": "treated bandaged examined healed",
        "thing": "wound fever tooth ankle cough burn",
        "quality": "painful swollen pale feverish",
        "place": "ward clinic pharmacy",
    },
    "castle": {
        "agent": "king queen knight jester wizard",
        "present": "guards besieges crowns curses",
        "past": "guarded besieged crowned cursed",
        "thing": "sword throne dragon shield sceptre banner",
        "quality": "royal ancient brave haunted",
        "place": "tower dungeon moat",
    },
}

STYLES = {
    "plain": {
        "determiner": "the a",
        "adverb": "often slowly soon",
        "link": "and while",
        "end": ".",
    },
    "formal": {
        "determiner": "this every",
        "adverb": "rarely duly formerly",
        "link": "whereas although",
        "end": ";",
    },
    "chatty": {
        "determiner": "that some",
        "adverb": "really totally just",
        "link": "but so",
        "end": "!",
    },
}

TENSES = ("present", "past")

TEMPLATES = (
    "determiner agent verb determiner thing end",
    "determiner quality agent verb determiner thing end",
    "determiner agent adverb verb determiner quality thing end",
    "determiner agent verb determiner thing near determiner place end",
    "near determiner place determiner quality agent adverb verb determiner thing end",
    "determiner agent verb determiner thing link determiner quality agent adverb verb "
    "determiner thing end",
)
