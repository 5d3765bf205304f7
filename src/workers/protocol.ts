/**
 * What a program and a worker say to each other. Each call has one answer, in the order of the calls but for those that
 * are aborted before their turn; tells come before the answer of their call. Values are as the codec makes them.
 */

export type ToWorker =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly method: string;
      readonly args: unknown;
      /** The tells that somebody listens for. */
      readonly listening: readonly string[];
    }
  | { readonly kind: "abort"; readonly id: number };

export type FromWorker =
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | {
      readonly kind: "failure";
      readonly id: number;
      readonly error: unknown;
      /** It is the abort of the call, whose reason the program has. */
      readonly aborted: boolean;
    }
  /** One of the things that a call tells on its way: progress, tokens, parts of a result. */
  | { readonly kind: "tell"; readonly id: number; readonly name: string; readonly value: unknown }
  | { readonly kind: "warning"; readonly message: string };
