"""More texts that are hard to cut or to spell, on top of tokenizer_texts.py: short, each for one reason, some written by
hand and some composed of parts. The order is part of the fixtures.
"""

from __future__ import annotations

import tokenizer_texts as texts

# What a space is depends on whom one asks: Python, Unicode, or either regular expression. The last row is no space to any of them.
SPACE_CHARACTERS = [
    "\t", "\n", "\x0b", "\x0c", "\r", "\x1c", "\x1d", "\x1e", "\x1f", " ", "\x85", "\xa0", "\u1680", *map(chr, range(0x2000, 0x200B)), "\u2028", "\u2029", "\u202f",
    "\u205f", "\u3000",
    "\u180e", "\u200b", "\u200c", "\u200d", "\u2060", "\u2800", "\u3164", "\u115f", "\xad", "\ufeff",
]  # fmt: skip
EVERY_SPACE = [f"a{c}b {c}x{c}{c}y 's{c}'s" for c in SPACE_CHARACTERS]
SPACES_AND_SPECIALS = [f"a{c}<mask>{c}b{c}{c}</s>" for c in SPACE_CHARACTERS]

# Contractions: what may stand before and behind them, and apostrophes that are none.
SUFFIXES = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
CONTRACTIONS = [
    *(" ".join(before + suffix for suffix in SUFFIXES) for before in ["é", "ж", "か", "漢", "한", "ا", "ก", "5", "٣", "½", ".", "_", "🙂", "e\u0301", "\u200d", "\U00010437", "\x00"]),
    *("".join(suffix + behind for suffix in SUFFIXES) for behind in ["5", "é", "漢", ".", "🙂", "\u0301", "\n", "\t ", "'"]),
    "x’s x´s x`s xʼs x＇s x′s", "it'\u0301s", "'S 'T 'RE 'Ve 'M 'lL 'D", "'ſ it'ſ", "y'all'd've", "'twas 'n' 'em", "shan't've", "'s's's's", "d'd'd",
    "'llama 'revenue 'demon 'mice 'dt 'st",
    "''re", "'''s'''", "' 's", "'\u00a0s", "o''clock", "\n't", "\t'll", "  've",
]  # fmt: skip

# Marks on every side of letters, digits, punctuation, spaces and contractions: nonspacing, spacing, enclosing, Arabic, variation selectors.
MARKS = [
    *(f"{m}a{m} {m}1{m}1 .{m}. {m}\n{m}'s{m}" for m in ["\u0300", "\u0301", "\u0323", "\u034f", "\u0903", "\u093e", "\u20dd", "\u20e3", "\u064b", "\u0e31", "\u3099",
        "\ufe0e", "\ufe0f", "\U0001d165", "\U000e0100"]),
    "a\u0327\u0301", "a\u0301\u0327", "\u00e9 e\u0301", "A\u030a \u00c5 \u212b", "o\u0328\u0304 \u01ed", "q\u0307\u0323q\u0323\u0307", "\u0344 \u0308\u0301",
    "a\u0301" * 12, "a" + "\u0301" * 30, "1\u03382 =\u0338 \u2260",
]  # fmt: skip

EMOJI = [
    "👨‍👩‍👧‍👦", "👩🏽‍🚀👩🏿‍🚀", "🏳️‍🌈🏴‍☠️", "🇪🇺🇺🇳🇫", "🇫🇷 🇩 🇪", "#️⃣*️⃣0️⃣", "1⃣2⃣", "☎︎☎️☎", "✊✊🏻✊🏿", "🏻 🏼a🏽", "👍🏽's", "a👍b", "🙂.🙂,🙂", "❤️‍🔥", "🧑🏻‍🤝‍🧑🏿", "👁️‍🗨️", "😀😃😄 😁",
    "\u200d👩\u200d", "👩 \u200d 👧",
    "🫠🫡🫨", "🀄🃏", "⌚️⏰", "〰️ ©️ ®️ ™", "🏴\U000e0067\U000e0062\U000e007f", "👩\ufe0f\u200d❤\ufe0f\u200d💋\u200d👨", "🎉🎉🎉 done!", "t🙂h🙂e",
]  # fmt: skip

# Neighbours of the surrogates, noncharacters, and the code points where UTF-8 gets a byte longer.
BORDERS = [
    "\ud7ff\ue000", "a\ud7ffb\ue000c", "\ud7fb \ud7c7", "\ufdd0\ufdef", "\ufffd\ufffe\uffff", "\U00010000\U00010001", "\U0001fffe\U0001ffff",
    "\U000fffff\U00100000\U0010fffd",
    "\x7f\x80", "\u07ff\u0800", "\uffff\U00010000", "z\u07ff \u0800z", "\u00ff\u0100", "\ufb00\uffef", "\uf8ff\uf900", "\U0003ffff \U00040000",
]  # fmt: skip

ASTRAL = [
    "𝐚𝐛𝐜 𝒅𝒆 𝕗𝕘", "𝟎𝟏𝟐 𝟗𝟘", "𝛼𝛽 = 𝛾²", "a𝐛c𝐝", "1𝟐3", "𐎀𐎁𐎂 𐎟", "𒀀𒀁 𒐀", "𓀀𓁐", "𐌰𐌱 𐍁", "𐐀𐐨", "𞤀𞤢 𞥐𞥑", "𠀀𠀁 𪛖𫝀", "𰀀", "🄰🅰🆎", "𝄞𝄢 ♪", "𝍠𝍡", "𐄇𐄈", "𑁒𑁦𑁧", "🜀🜁", "𝒳's 𝟚'll",
    "𐰀𐰁𐱀", "𑀓𑀸", "𛀀𛀁", "𝼀 𝼪",
]  # fmt: skip

# Letters, marks, digits and symbols of Unicode 13 to 17: tables differ in what they know.
RECENT = [
    "\u08be\u08c7", "\u0b55 \u0d04", "\u31bb\u31bf", "\u9ffd \u9fff", "\U00030000\U0003134a", "\u0870\u0888", "\u2c2f\u2c5f", "\ua7c0\ua7d3", "\U00012f90", "\U0001dff0",
    "\U00010570", "\u0cf3 \u0ece", "\U00031350\U000323af", "\U0001e4d0 \U0001e4f0",
    "\U00011f50\U00011f02", "\U0001f6dc\U0001fae8", "\U0002ebf0\U0002ee5d", "\u1c89\u1c8a", "\ua7cb\ua7cd", "\U00010d40 \U00010d4a", "\U000105c0", "\U000116d0",
    "\U0001ccf0", "\U0001cc00 \U0001fae9", "\ua7ce\ua7d2", "\U00016ea0", "\u088f \u20c1", "\U000323b0",
]  # fmt: skip

RTL = [
    "שָׁלוֹם עוֹלָם", "בְּרֵאשִׁית", "אב\"ג ד'ה", "مَرْحَبًا", "السَّلَامُ عَلَيْكُمْ", "لا إله", "ﷲ ﷺ ﻻ", "عدد ١٢٣٫٤٥", "۱۲۳ کتاب‌ها", "می‌خواهم", "abc אבג def",
    "\u200fא\u200e b", "\u2066rtl\u2069 \u202bx\u202c", "ـــ كـتـاب", "܀ ܐܒܓ", "ދިވެހި", "ߒߞߏ ߀߁", "יִּדיש",
]  # fmt: skip

JAMO = ["\u1112\u1161\u11ab", "한\u1112\u1161\u11ab글", "ㅎㅏㄴ ㅋㅋㅋ", "각\u11a8", "\u1100\u1100\u1161", "\uffa1\uffc2 ﾊﾝ", "가나다 1가 가1", "ㆍ ᄀᆞᆯ", "\ua960\ud7b0",
    "\u3164\u115f\u1160"]  # fmt: skip

CLUSTERS = [
    "สวัสดีครับ", "น้ำ กำลัง", "ที่นี่ ๑๒๓ ฿", "ກຳລັງ ຂ້ອຍ", "ភាសាខ្មែរ", "ខ្ញុំ ១២៣", "မြန်မာ ၁၂၃", "क्षत्रिय ज्ञ", "हिन्दी १२३",
    "स्त्री \u0915\u094d\u200d\u0937 \u0915\u094d\u200cष", "বাংলা ক্ত", "தமிழ் ௧௨௩ க்ஷ", "తెలుగు ౧", "ಕನ್ನಡ", "മലയാളം ൧ \u0d4e", "ਪੰਜਾਬੀ",
    "ગુજરાતી", "ଓଡ଼ିଆ", "සිංහල ශ්‍රී", "བོད་ཡིག ༡༢", "ᠮᠣᠩᠭᠣᠯ \u180b", "አማርኛ ፩፪፫ ።", "ꦗꦮ ꧑", "ᨅᨔ", "ⴰⵣⵓⵍ", "ᏣᎳᎩ ꮳ", "ქართული Ⴀ", "Հայերեն և", "ᚠᚢᚦ ᛭", "ꓡꓢ",
    "ヷ ヺ ゔ か\u3099", "々〻ヽ ー", "ㄅㄆㄇ", "ﾊﾟ ﾎﾞ", "繁體 简体 国国",
]  # fmt: skip

CASES = [
    "ßẞSSſ", "İiIı", "ǅǈǋ", "ﬀﬃﬅ", "ʼn ŉ", "Kk Åå Ωω", "ΣΑΣ σας ς", "ᾈ ᾳ", "ꭰᎠ", "ⅷⅧ ↄↃ", "ʰʱ ˣ ˀ ˁ", "ªº ⁿ ₐ", "ⓐⒶ", "Ⅰ ⅰ ↀ", "ǰ ẖ ẗ", "Tür TÜR tu\u0308r",
]  # fmt: skip

NUMBERS = [
    "0123456789", "1,234,567.89", "-1.5e-10 +3", "1_000 0x1F 0b101", "1st 2nd 3rd", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳", "०१२३४", "০১২", "๐๑๒๓", "０１２３ １，０００", "𝟬𝟭𝟮 𝟶𝟷", "ⅠⅡⅢ ⅻ",
    "①②③ ⑳ ㉑", "½¼¾ ⅓ ⅞", "²³¹ ⁴⁵ ₀₁", "一二三 〇", "〡〢〣", "༠༡ ༪", "፩፲፻",
    "1½2 3²", "٣3३", "1\u0301 2\u20e3", "3.14159265", "10^-3", "12:34:56", "2024-01-31T23:59:60Z", "+1 (555) 010-9999", "192.168.0.1 ::1", "$1.00 €2,50 ₹3", "100% 5‰",
    "1\u00a0000\u202f000", "5km 5 km 5㎞", "v1.2.3-rc.4", "㊀ ㈠ ㋀", "🄀 🄁", "𐒠 𞥐", "9" * 40,
]  # fmt: skip

CODE = [
    "if (a<b && c>d) { e++; }", "for(int i=0;i<10;i++){}", "def f(*args, **kw): ...", "x = [i**2 for i in xs]\n", "lambda x: x@y", "fn main() -> Result<(), E> {}",
    "let s = `a${b}c`;", "const f = (x) => x?.y ?? 0", "#include <stdio.h>\n", "SELECT * FROM t WHERE a='b''c';", "echo \"$HOME\" | grep -v '^#'",
    "$a->b['c'] .= \"d\\n\";", "<?php echo 1; ?>", "@decorator\n\tpass", "a := b[:len(c)-1]", "(defun f (x) (* x 2))", "\\frac{1}{2}\\alpha", "%s %d %-5.2f%%",
    "a\\tb\\u0041\\x41", "/* c */ // d", "!= == === <= >= <=> ->", "snake_case camelCase PascalCase", "__init__ _x_ x__y", "i18n l10n k8s", "\tif x:\n\t\treturn\n",
    "    four\n        eight\n", "a;;b::c..d", "^[a-z]+\\s*$", "&mut *self", "0xDEADBEEFu64",
]  # fmt: skip

MARKUP = [
    "# Title\n\n* item\n  - nested", "**bold** _it_ `code`", "[a](http://b.c \"d\")", "![i](x.png)", "| a | b |\n|---|---|", "> quote\n\n---\n", "- [ ] todo - [x]",
    "```py\nx\n```", "<p class=\"a\">b</p>", "<br/><hr />", "<!-- c -->", "&lt;s&gt; &amp; &#39;", "<a href='x'>y</a>", "<s>struck</s>", "<mask id=1>", "{{ x }} {% y %}",
    "<![CDATA[z]]>",
    "http://a.b/c?d=e&f#g", "https://example.org:8080/%7Eu/", "mailto:x@y.z", "first.last+tag@example.co.uk", "www.example.com.", "ftp://u:p@h/", "C:\\dir\\file.txt",
    "/usr/bin/env ~/.rc", "#tag @user", "{\"a\":[1,null,\"\\u00e9\"],\"b\":{}}", "{'k': None}", "a=1&b=%20+c", "key: value\n- x\n", "a,b,\"c \"\"d\"\"\"\n",
    "deadbeef CAFEBABE", "e3b0c44298fc1c149afb",
    "550e8400-e29b-41d4-a716-446655440000", "TWFu TWE= TQ==", "data:text/plain;base64,SGk=", "-----BEGIN KEY-----", "\\x00\\n", "=?utf-8?q?=C3=A9?=",
    "xn--bcher-kva.example", "10.1000/xyz123",
]  # fmt: skip

CONTROLS = [
    *(f"a{c}b {c} {c}c" for c in ["\x00", "\x01", "\x07", "\x08", "\x0e", "\x1a", "\x1b", "\x7f", "\x80", "\x84", "\x86", "\x9f", "\u2061", "\u2066", "\ufff9",
        "\U000e0001"]),
    "".join(map(chr, range(0x20))), "".join(map(chr, range(0x7F, 0xA1))), "\x1b[1;31mx\x1b[0m", "\x00\x00\x00", "\r\r\n\n\r", "a\x08\x08b", "\x0c\x0bpage",
    "\x1c\x1da\x1e \x1f",
    "\ufeff", "\ufeff\ufeffx", "\ufeff<s>", "x\ufeff", " \ufeff ", "\ufeff's", "\ufffe\ufeff", "a\ufeff1",
]  # fmt: skip

# Spaces, tabs and newlines in every order at the beginning, in the middle and at the end.
WHITE = [
    *(f"{w}a{w}1{w}.{w}" for w in [" ", "  ", "   ", "\t", "\t\t", "\n", "\n\n", " \t", "\t ", " \n", "\n ", "\n\t", "\t\n", " \n ", "\n \n", "  \n", "\n  ", "\r\n",
        "\r\n\r\n", " \r\n ", "\xa0 ", " \xa0", "\u3000\n", "\n\u2028 ", "\x85 ", " \x1f"]),
    "\t \n \t", " \t\n\r\x0b\x0c ", " a\n  b\n   c\n", "a \n \n \n b", "x" + " \n" * 8 + "y", "\n" * 9 + " z", " " * 9, "\t" * 9, "a" + "\t" * 5 + " b",
    "a" + " " * 5 + "\tb", "." + " " * 4 + "!", "\n\n\n's", "   's", "   5", "   .", "   é", "   \u0301",
]  # fmt: skip

LONG = [
    "z" * 70, "Z" * 70, "zq" * 40, "th" * 40, "the " * 25, "er" * 35 + "s", "1234567890" * 7, "🙂" * 20, "ก็" * 15, "\u0301" * 25, "\t" * 60 + "x", " x" * 40, ". " * 30,
    "<mask>" * 12, "</s>" * 10 + "x", "<" * 30 + "s>", "a<" * 20, "lighthouse" * 6, "Donaudampfschifffahrtsgesellschaft", "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 2,
    "0" * 39 + "1", "'s" * 30,
]  # fmt: skip

# Each special token glued, nested, in parts, in another case, beside other scripts and marks.
SPECIALS = [
    form.format(s=s, head=s[:-1], tail=s[1:], upper=s.upper())
    for s in ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
    for form in (
        "{s}{s}", "a{s}b {s} c", "  {s}  ", "{head} {tail}", "{head}{s}{tail}", "<{s}>", "{upper} {s}", "{s}'s '{s}", "1{s}2", "é{s}漢{s}\u0301", "\u0301{s}\u200d",
        "{s}.{s},", "\n{s}\n", "x\t{s}\ty", "the{s}keeper", "{head}\u200b>", "{s}🙂{s}",
    )
]  # fmt: skip
SPECIALS += [
    "<s></s><pad><unk><mask>", "<s> </s> <pad> <unk> <mask>", "<mask>  </s>", "</s>  <mask>", "<mask>\n<mask>", "<s>A</s></s>B</s>", "＜mask＞", "<ma<mask>sk>",
    "<\u200bmask>", "<m\u0301ask>", "&lt;mask&gt;", "<mask/> <mask >", "\\<mask>", "<MASK><Mask>", "\u00a0<mask>\u00a0", "\u1680\u2003<mask>", "<mask>\u3000<mask>",
    "\x1f<mask>\x1c", "a\u200b<mask>", "\ufeff<mask>",
    " <s> x </s> ", "<unk><unk> unk", "<pad>" * 5, "[MASK] [CLS] [SEP]", "<|endoftext|>", "<s>" * 3 + "x", "Ġ Ċ ĠĠ", "<mask>Ġx",
]  # fmt: skip

SENTENCES = [
    "Die Wärterin schrieb: „Sturm!“", "L’œuvre d'art coûte 5 €.", "¿Qué? ¡No!", "Он сказал: «Да».", "他说：“好。”", "「はい」と言った。", "이것은 3번째 문장이다.", "αβγ, δεζ· ηθι;",
    "Straße Nr. 5a, 2. OG", "Tiếng Việt có dấu", "Türkçe ğüşıöç", "Zażółć gęślą jaźń", "Þetta er íslenska", "naïveté; rôle-play; co-op", "O'Neill–Smith’s",
    "U.S.A. e.g. i.e. etc.",
    "wait... what?!", "(a) [b] {c} <d>", "a/b\\c|d", "“double” ‘single’ «angle»", "—em – en - hyphen", "x≠y, x≤y, ∀z∈ℝ", "H₂O + CO₂ → C₆H₁₂O₆", "20 °C, 5 µm, 10 Ω",
    "She wrote \"the wind\" .", "Hello , world ! Is n't it ?", " do n't , they 've .", "' m 's 're ' ve", "a . b ? c ! d ,", "1 , 2 . 3 ' 4 ' 5",
]  # fmt: skip

_GROUPS = [
    EVERY_SPACE, SPACES_AND_SPECIALS, CONTRACTIONS, MARKS, EMOJI, BORDERS, ASTRAL, RECENT, RTL, JAMO, CLUSTERS, CASES, NUMBERS, CODE, MARKUP, CONTROLS, WHITE, LONG, SPECIALS, SENTENCES,
]  # fmt: skip
MORE = [text for group in _GROUPS for text in group if text not in texts.ALL]
