/**
 * One revision of one repository, as its Hub tells of it: which commit it is, which files it has, and where a file's
 * bytes are. The file list comes in one request (api/models/<id>/revision/<revision>); a server without that API, or
 * with a broken one, is asked file by file.
 */
import { HubError } from "../errors.ts";
import { type Presence, type RepoCache, writeNoExist } from "./cache.ts";
import { type Answer, ask, bodyText, type Connection, NetworkError } from "./http.ts";
import { type Asked, refusal, repositoryNotFound } from "./hub-errors.ts";

export interface Metadata {
  etag: string;
  /** In bytes; undefined where the server does not say. */
  size: number | undefined;
  /** Where to get it, of this commit. */
  url: string;
}

export interface Remote {
  readonly commit: string;
  look(file: string): Promise<Presence>;
  /** Undefined when there is no such file. */
  metadata(file: string): Promise<Metadata | undefined>;
}

const LARGEST_LIST = 64 << 20;

/** Asks for the revision. `probe` is a file that a model has, for servers without the listing. */
export async function openRemote(
  connection: Connection,
  asked: Asked,
  cache: RepoCache,
  probe: string,
): Promise<Remote> {
  const listing = await list(connection, asked);
  const commit = listing?.commit ?? (await commitByProbe(connection, asked, probe));
  const known = new Map<string, Metadata | undefined>();

  async function metadata(file: string): Promise<Metadata | undefined> {
    if (!known.has(file)) known.set(file, (await head(connection, asked, commit, file)).metadata);
    return known.get(file);
  }
  return {
    commit,
    metadata,
    async look(file) {
      const found = listing === undefined ? (await metadata(file)) !== undefined : listing.files.has(file);
      if (found) return "present";
      await writeNoExist(cache, commit, file);
      return "absent";
    },
  };
}

/** The commit and file names of the revision, or undefined when this server has no usable listing. */
async function list(connection: Connection, asked: Asked): Promise<{ commit: string; files: Set<string> } | undefined> {
  const url = `${connection.host}/api/models/${asked.id}/revision/${encodeURIComponent(asked.revision)}`;
  const answer = await ask(connection, { method: "GET", url });
  const { status, headers } = answer.response;
  if (status !== 200) {
    await answer.discard();
    const says = headers.has("x-error-code") || status === 401 || status === 403;
    if (says) throw refusal(answer.response, asked);
    return undefined;
  }
  try {
    const text = await bodyText(answer, LARGEST_LIST);
    const { sha, siblings } = JSON.parse(text) as { sha?: unknown; siblings?: unknown };
    if (typeof sha !== "string" || !Array.isArray(siblings) || siblings.length === 0) return undefined;
    const names = siblings.map((entry: { rfilename?: unknown } | null) => entry?.rfilename);
    return { commit: sha, files: new Set(names.filter((name) => typeof name === "string")) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof NetworkError) return undefined;
    throw error;
  }
}

async function commitByProbe(connection: Connection, asked: Asked, file: string): Promise<string> {
  const { commit, metadata, status } = await head(connection, asked, asked.revision, file);
  if (commit !== undefined) return commit;
  if (metadata === undefined) throw repositoryNotFound(asked, `HTTP ${status} from ${asked.host}`, status);
  throw notAHub(asked, "no X-Repo-Commit header");
}

/** HEAD of one file. No metadata when the file does not exist; other refusals throw. */
async function head(
  connection: Connection,
  asked: Asked,
  revision: string,
  file: string,
): Promise<{ metadata: Metadata | undefined; commit: string | undefined; status: number }> {
  const path = file.split("/").map(encodeURIComponent).join("/");
  const url = `${connection.host}/${asked.id}/resolve/${encodeURIComponent(revision)}/${path}`;
  let redirectCommit: string | undefined;
  const answer = await ask(connection, {
    method: "HEAD",
    url,
    // A large file lies on another host; what identifies it stands on the redirect that leads there.
    enough: (redirect) => {
      redirectCommit ??= redirect.headers.get("x-repo-commit") ?? undefined;
      return redirect.headers.has("x-linked-etag");
    },
  });
  await answer.discard();
  const { response } = answer;
  const { status, headers } = response;
  const commit = headers.get("x-repo-commit") ?? redirectCommit;
  if (response.ok || headers.has("x-linked-etag")) {
    return { metadata: { ...identity(answer, asked), url }, commit, status };
  }
  const error = refusal(response, { ...asked, file });
  if (error.reason !== "file not found") throw error;
  return { metadata: undefined, commit, status };
}

function identity({ response: { headers } }: Answer, asked: Asked): Pick<Metadata, "etag" | "size"> {
  const etag = (headers.get("x-linked-etag") ?? headers.get("etag"))?.replace(/^W\//, "").replace(/^"|"$/g, "");
  if (etag === undefined || etag === "") throw notAHub(asked, "no ETag header");
  // The length of a compressed or redirecting answer is not the file's.
  const own = headers.has("content-encoding") || headers.has("location") ? null : headers.get("content-length");
  const length = headers.get("x-linked-size") ?? own;
  return { etag, size: length !== null && /^\d+$/.test(length) ? Number(length) : undefined };
}

function notAHub({ id, host }: Asked, got: string): HubError {
  return new HubError({
    operation: `load ${id}`,
    says:
      "Distant resource does not seem to be on huggingface.co. It is possible that a configuration issue prevents you " +
      "from downloading resources from https://huggingface.co. Please check your firewall and proxy settings and make " +
      "sure your SSL certificates are updated.",
    got: `${got} from ${host}`,
    fix: "Check HF_ENDPOINT (env.remoteHost).",
  });
}
