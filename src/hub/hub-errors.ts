/**
 * The ways in which the Hub fails. The sentences are those of transformers 4.37.2 (utils/hub.py, cached_file), on one
 * line; how an answer is told apart from another follows huggingface_hub 0.36 (utils/_http.py, hf_raise_for_status).
 */
import { type ErrorParts, HubError } from "../errors.ts";

/** The Hub was not reached, or not to be asked, and the cache does not hold what is needed. */
export class OfflineError extends HubError {
  readonly reason = "offline";
}

export type HubRefusal =
  | "unauthorized"
  | "gated"
  | "forbidden"
  | "repository not found"
  | "revision not found"
  | "file not found"
  | "server failure";

/** The Hub answered, and the answer is no. */
export class HubResponseError extends HubError {
  readonly reason: HubRefusal;
  /** HTTP status of the answer; 404 for a file that a listing does not name. */
  readonly status: number;

  constructor(reason: HubRefusal, status: number, parts: ErrorParts) {
    super(parts);
    this.reason = reason;
    this.status = status;
  }
}

/** What was asked of the Hub, as messages name it. */
export interface Asked {
  id: string;
  revision: string;
  /** Undefined when the repository itself was asked for. */
  file?: string | undefined;
  host: string;
  tokenSent: boolean;
}

const SET_TOKEN = "Set HF_TOKEN, run `hf auth login`, or pass the option `token`.";

/** The error for an answer that is not 2xx. Reads the headers only: the caller disposes of the body. */
export function refusal(response: Response, asked: Asked): HubResponseError {
  const { id, file, host, tokenSent } = asked;
  const { status } = response;
  const code = response.headers.get("x-error-code") ?? "";
  const text = readable(response.headers.get("x-error-message") ?? "");
  const operation = file === undefined ? `load ${id}` : `load ${file} of ${id}`;
  const got = `HTTP ${status}${text === "" ? "" : ` (${text})`} from ${host}`;

  if (code === "GatedRepo" || (status === 403 && /gated/i.test(text))) {
    return new HubResponseError("gated", status, {
      operation,
      says:
        `You are trying to access a gated repo. Make sure to request access at https://huggingface.co/${id} and pass a ` +
        "token having permission to this repo either by logging in with `huggingface-cli login` or by passing " +
        "`token=<your_token>`.",
      got: `${got}, ${tokenSent ? "with a token" : "without a token"}`,
      fix: tokenSent ? "The token's account has no access yet." : SET_TOKEN,
    });
  }
  if (status === 401 && tokenSent && code !== "RepoNotFound") {
    return new HubResponseError("unauthorized", status, {
      operation,
      expected: "a token that the Hub accepts",
      got,
      fix: "Is the token (HF_TOKEN, the stored login, or the option `token`) valid, and does the repository exist?",
    });
  }
  if (code === "RevisionNotFound") return revisionNotFound(asked, got, status);
  if (file !== undefined && (code === "EntryNotFound" || (status === 404 && code === ""))) {
    return fileNotFound(asked, got, status);
  }
  if (code === "RepoNotFound" || status === 401 || status === 404) return repositoryNotFound(asked, got, status);
  if (status === 403) {
    return new HubResponseError("forbidden", status, {
      operation,
      expected: "access",
      got,
      fix: tokenSent ? "Check what the token is allowed to read." : SET_TOKEN,
    });
  }
  return new HubResponseError("server failure", status, {
    operation,
    expected: "an answer from the Hub",
    got,
    fix: status >= 500 || status === 429 ? "Try again later." : "Check HF_ENDPOINT (env.remoteHost).",
  });
}

export function repositoryNotFound({ id, revision, tokenSent }: Asked, got: string, status: number): HubResponseError {
  return new HubResponseError("repository not found", status, {
    operation: `load ${id}`,
    says:
      `${id} is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models' If this ` +
      "is a private repository, make sure to pass a token having permission to this repo either by logging in with " +
      "`huggingface-cli login` or by passing `token=<your_token>`",
    expected: `a repository with revision ${revision}`,
    got,
    fix: tokenSent ? "Check the name." : `Check the name; for a private one: ${SET_TOKEN}`,
  });
}

function revisionNotFound({ id, revision }: Asked, got: string, status: number): HubResponseError {
  return new HubResponseError("revision not found", status, {
    operation: `load ${id}`,
    says:
      `${revision} is not a valid git identifier (branch name, tag name or commit id) that exists for this model name. ` +
      `Check the model page at 'https://huggingface.co/${id}' for available revisions.`,
    got,
    fix: "Check the option `revision`.",
  });
}

export function fileNotFound({ id, revision, file }: Asked, got: string, status: number): HubResponseError {
  return new HubResponseError("file not found", status, {
    operation: `load ${id}`,
    says:
      `${id} does not appear to have a file named ${file}. ` +
      `Checkout 'https://huggingface.co/${id}/${revision}' for available files.`,
    got,
  });
}

/** A server's text is somebody else's: one short line of printable characters. */
function readable(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}
