"""Texts for the tokenizer's fixtures: what the small vocabulary is trained on, and what is hard to cut or to spell."""

TRAINING = """
The keeper of the lighthouse wrote a line in her book every evening. She wrote what the wind did, how high the water stood
against the third step, and which ships had passed between the reef and the shore. On calm days she wrote only the date.
In her first winter there were nineteen storms; in her second there were seven. "It isn't the storms that tire you," she
told the boy who brought the oil, "it's the waiting." He didn't answer, because he'd heard it before, and they'd both
hear it again. We're all waiting, he thought, and I'm waiting for the tide. You'll see, she said. I've seen it.
A long document has a beginning, a middle and an end, and a summary of the document should say what is in all of them.
Longer documents are harder to read: the reader forgets what the first chapter said when the last chapter begins. The
reader's memory is a window that moves along the text. Some words are global, and every other word looks back at them.
Prices rose by 12.5% in 1998, fell 3% in 1999, and reached 2,048 euros in 2004 (see table 7, pages 16-384).
def window(tokens, size=512):\n    for start in range(0, len(tokens), size):\n        yield tokens[start:start + size]\n
Die Leuchtturmwärterin schrieb jeden Abend eine Zeile in ihr Buch. Das Wasser stand über der dritten Stufe, größer als
gestern. La gardienne du phare écrivait chaque soir une ligne dans son cahier ; l'été, elle écrivait dehors. El faro está
al final del camino, y el niño trae el aceite. Смотрительница маяка каждый вечер писала строку в книгу. Вода стояла высоко.
灯台守は毎晩一行を書いた。風と波のことを書いた。 등대지기는 매일 저녁 한 줄을 썼다. كتبت حارسة المنارة سطرا كل مساء.
Naïve café, façade, coöperate, jalapeño. Emoji: 🙂 👍🏽 👩‍👩‍👧 🇪🇺 ❤️. Arrows → and ≤ and ½ and x² and Ⅷ. Tabs\tand\ttabs.
"""

CONTRACTIONS = [
    "it's", "IT'S", "don't, can't", "we're they've I'm he'll she'd", "'s", " 's", "''s", "'", "' s", "'re're", "'rex", "'lll",
    "'l l", "'v", "'vex", "rock'n'roll", "l'été", "don’t", "she said: 'Tis", "'t't't", "'D'M'LL", "o'clock 'em", "x'", "x'\n's",
]

SPACES = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n ", "\t\t x", "a  b", "a   b", " a", "  a", "a ", "a  ", "\na", "\n a", " \na", "a\r\nb\r\n",
    "a\u00a0b", "a\u00a0\u00a0b", "a \u00a0b", "a\u00a0 b", "\u3000全角\u3000 x", "a\u2009b\u2028c\u2029d", "a\u202fb\u205fc\u1680d",
    "a\u0085b", "a \u0085 b", "a\x1cb", "a \x1c b", "\x1c\x1d\x1e\x1f", "\x1fa", "a\x1f <mask>", "a\ufeffb", "\ufeffa", "a \ufeff b", "a\u200bb \u200b c",
    "a\u180eb", "a\x0bb\x0cc", "x \t\n\r y", "  \t\u2003mixed\u2003\t  ", "end.  \n\n  Begin",
]

SCRIPTS = [
    "灯台守は毎晩一行を書いた。", "漢字 かな カナ 한글", "등대지기는 매일", "Смотрительница маяка", "كتبت حارسة المنارة", "שלום עולם", "नमस्ते दुनिया", "ไทยไม่เว้นวรรค",
    "Größe STRASSE straße ẞ", "ǅ ǆ Ǆ ʰ ª º", "Ω≈ç√∫˜µ≤≥÷", "x² + y³ = z⁴, ½ ¾ Ⅷ ⑧ ㊇ 〇 〸", "٣٤٥ ๓๔ 𝟘𝟙𝟚 १२३", "a1b2c3 1a 2b", "12.5% of 2,048 — 3–4…", "№5 §7 ¶ † ‡",
    "𝓗𝓮𝓵𝓵𝓸 𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𐐷𐐲𐑌𐑃𐐲𐑊", "𠮷野家 𪚥", "ﬁ ﬂ ﷺ", "İstanbul ıi", "Ⓐ Ⓑ ㋿",
]

MARKS = [
    "e\u0301te\u0301", "\u0301", " \u0301", "a\u0301\u0302\u0303b", "नि क्षि", "👍🏽", "👩‍👩‍👧 family", "🇪🇺🇩🇪", "❤️ ❤", "🙂🙂🙂", "a🙂b", " 🙂", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣ 2️⃣", "\u200d", "x\u200dy", "\u2060\u00ad soft\u00adhyphen",
    "Z̷a̷l̷g̷o̷", "가각", "﻿", "\ufffd \ufffe \uffff", "\U0010ffff \U000e0001", "\ue000\uf8ff",
]

CONTROLS = ["\x00", "a\x00b", "\x01\x02\x03", "\x7f\x80\x81", "\x1b[31mred\x1b[0m", "\b\a", "null\x00 \x00 end", "\u0600\u0601", "\u202ertl\u202c", "\x9f\xa0\xad\xff"]

RUNS = [
    "a" * 200, "ab" * 90, " " * 150, "!" * 120, "0" * 130, "-" * 70 + " " + "=" * 70, "\n" * 65, "é" * 60, "漢" * 40, "the" * 50, "ha" * 33 + "!" * 33,
    "aaaaaaaaab" * 12, "http://example.org/a/b?c=d&e=%20#frag", "SGVsbG8gd29ybGQhIEhvdyBhcmUgeW91Pw==" * 3, "word " * 40, "CamelCaseIdentifierWithManyHumps_and_snakes",
]

SPECIALS = [
    "<mask>", " <mask>", "a <mask> b", "a<mask>b", "A, <mask> AllenNLP sentence.", "<mask><mask>", "<mask> <mask>  <mask>", "a \n\t<mask>\n b", "a\u00a0<mask>", "a\x85<mask>",
    "<s>", "</s>", "<s> a </s>", "a <pad> b<pad>", "<unk>", "x <unk> y", "<s", "s>", "<mas", "<<mask>>", "<s></s><s>", "</s ></s>", "< mask >", "<mask", "<mask><s", "MASK <MASK>",
    "<mask>abc", "<mask> abc", "</s></s> abc",
]

SENTENCES = [
    "Hello world", " Hello world", "A long paragraph for summarization.", "I am a small frog", "Summary of the text.", "Another summary.",
    "The reader's memory isn't a window , is it ? No ! It 's not .", "He said : \" do n't \" , and they 've left .", "def f(x):\n    return x**2  # squared\n",
    "Tabs\tand\ttabs; (parentheses) [brackets] {braces} <angles>", "Mr. O'Neill paid $3.50 for 2kg of apples @ market.", "ALL CAPS AND lower and MiXeD", "naïve café — “quoted” ‘single’ … end",
]

# For added tokens: <ent>, [L] takes spaces before it, [R] after it, [LR] both, zzqx as a whole word, abc, b, id_1 and id_100, <sp>
# special, "two words", and Ġwind, spelled as the vocabulary's token for " wind".
ADDED = [
    "a <ent> b", "a<ent>b", "<ent><ent>", "a  [L]  b", "a  [R]  b", "a  [LR]  b", "a\n[L]\n[R]\nb", "[L] [R] [L]", "<ent> [L]", "[R] <ent>", "x zzqx y", "xzzqxy", "(zzqx)", "zzqx", "zzqx zzqx", "zzqx\nzzqx", "zzqx<ent>",
    "<ent>zzqx", "zzqx [R] zzqx", "zzqx  [L]zzqx", "abc", "abdc", "xabcx", "aab abd", "bbb", "abab", "id_1 id_10 id_100 id_1000", "id_", "a <sp> b", "<sp><ent><sp>", "two words", "two  words", " two words ", "the wind", "Ġwind", "xĠwind wind",
    "<mask> <ent> <mask>", "a <ent>", "<ent> a", "[L]", " [L]", "[R] ", "  [LR]  ", "a\x1c[L]", "[R]\x85a", "abc<ent>[L] b", "id_1abc", "ab", "a b c", "<en<ent>t>", "don't <ent>'s", "<ent> .", "a [L] .", "[LR]abc  [LR] zzqx",
]

ALL = CONTRACTIONS + SPACES + SCRIPTS + MARKS + CONTROLS + RUNS + SPECIALS + SENTENCES
