"""`:shortcodes:` as pictures: the ones an app is likely to send. Others stay as they were typed."""

import re

_SHORTCODE = re.compile(r":([\w+'-]+):")
_NAMED = {
    "+1": "👍",
    "-1": "👎",
    "alarm_clock": "⏰",
    "arrow_right": "➡️",
    "ballot_box_with_check": "☑️",
    "bell": "🔔",
    "black_circle": "⚫",
    "blue_circle": "🔵",
    "bulb": "💡",
    "calendar": "📆",
    "clipboard": "📋",
    "closed_lock_with_key": "🔐",
    "cloud": "☁️",
    "eyes": "👀",
    "fire": "🔥",
    "gear": "⚙️",
    "green_circle": "🟢",
    "heavy_check_mark": "✔️",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ️",
    "key": "🔑",
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_orange_circle": "🟠",
    "large_red_circle": "🔴",
    "large_yellow_circle": "🟡",
    "link": "🔗",
    "lock": "🔒",
    "mag": "🔍",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "octagonal_sign": "🛑",
    "pencil": "📝",
    "question": "❓",
    "red_circle": "🔴",
    "rocket": "🚀",
    "rotating_light": "🚨",
    "shield": "🛡️",
    "tada": "🎉",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "unlock": "🔓",
    "wave": "👋",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "white_circle": "⚪",
    "x": "❌",
}


def pictured(text: str) -> str:
    """The text with every known shortcode as its emoji."""
    return _SHORTCODE.sub(lambda found: _NAMED.get(found[1], found[0]), text)
