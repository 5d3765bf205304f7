// LEDForConditionalGeneration: a summary by beam search, with global attention on the first token.
// node examples/reference-page/summarize.mjs [FOLDER]
import { AutoTokenizer, LEDForConditionalGeneration, Tensor } from "led-transformers";

const [source = "allenai/led-large-16384-arxiv"] = process.argv.slice(2);

const model = await LEDForConditionalGeneration.from_pretrained(source);
const tokenizer = await AutoTokenizer.from_pretrained(source);

const ARTICLE_TO_SUMMARIZE = `Transformers (Vaswani et al., 2017) have achieved state-of-the-art
    results in a wide range of natural language tasks including generative language modeling
    (Dai et al., 2019; Radford et al., 2019) and discriminative ... language understanding (Devlin et al., 2019).
    This success is partly due to the self-attention component which enables the network to capture contextual
    information from the entire sequence. While powerful, the memory and computational requirements of
    self-attention grow quadratically with sequence length, making it infeasible (or very expensive) to
    process long sequences. To address this limitation, we present Longformer, a modified Transformer
    architecture with a self-attention operation that scales linearly with the sequence length, making it
    versatile for processing long documents (Fig 1). This is an advantage for natural language tasks such as
    long document classification, question answering (QA), and coreference resolution, where existing approaches
    partition or shorten the long context into smaller sequences that fall within the typical 512 token limit
    of BERT-style pretrained models. Such partitioning could potentially result in loss of important
    cross-partition information, and to mitigate this problem, existing methods often rely on complex
    architectures to address such interactions. On the other hand, our proposed Longformer is able to build
    contextual representations of the entire context using multiple layers of attention, reducing the need for
    task-specific architectures.`;
const inputs = tokenizer.encode(ARTICLE_TO_SUMMARIZE, { return_tensors: "pt" });

// Global attention on the first token (cf. Beltagy et al. 2020)
const global_attention_mask = Tensor.zeros("int64", inputs.dims);
global_attention_mask.data[0] = 1n;

// Generate Summary
const summary_ids = await model.generate({ inputs, global_attention_mask, num_beams: 3, max_length: 32 });
const [summary] = summary_ids.tolist();
console.log(tokenizer.decode(summary, { skip_special_tokens: true, clean_up_tokenization_spaces: true }));
await model.dispose();
