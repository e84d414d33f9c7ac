/** What stands where a secret was. */
export const HIDDEN = "[hidden]";

/** Shorter values are ordinary words: replacing them would hide everything else and protect nothing. */
const MIN_LENGTH = 4;

/** Keys whose values are never shown, at any depth. */
const SECRET_KEY =
  /pass(word|wd|phrase)?$|secret|token$|authorization|cookie|credential|api[-_]?key|routing[-_]?key|private[-_]?key|signing[-_]?key|encryption[-_]?key|connection[-_]?string/i;

/** The user part of an address: `scheme://user:password@`. */
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi;

/** Hides secrets wherever they turn up: by the key that they stand under, and by value inside any text. */
export interface Redactor {
  /** From now on this value is replaced wherever it appears. */
  readonly hide: (value: string | undefined) => void;
  /** The text without any secret. */
  readonly text: (text: string) => string;
  /** A copy of plain data without any secret. */
  readonly clean: (value: unknown) => unknown;
}

export function createRedactor(values: readonly string[] = []): Redactor {
  let forms: readonly string[] = [];
  const text = (from: string) => {
    let result = from;
    for (const form of forms) if (result.includes(form)) result = result.replaceAll(form, HIDDEN);
    return result.replaceAll(USER_INFO, `$1${HIDDEN}@`);
  };
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map(clean);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        text(key),
        SECRET_KEY.test(key) && isShown(inner) ? HIDDEN : clean(inner),
      ]),
    );
  };
  const hide = (value: string | undefined) => {
    // A longer form is replaced first: it may hold a shorter one.
    if (value !== undefined && value.trim().length >= MIN_LENGTH)
      forms = [...new Set([...forms, ...formsOf(value)])].sort((a, b) => b.length - a.length);
  };
  values.forEach(hide);
  return { hide, text, clean };
}

/** Whether there is something under a secret's key to hide. */
const isShown = (value: unknown) => value !== null && value !== undefined && value !== "" && typeof value !== "boolean";

/** How a value may be written: as it is, inside JSON (once, and as text within JSON), in an address, in a Basic header. */
function formsOf(value: string): string[] {
  const json = (text: string) => JSON.stringify(text).slice(1, -1);
  const parts = [value, value.trim(), ...secretsInAddress(value)].filter((part) => part.length >= MIN_LENGTH);
  return parts.flatMap((part) => [
    part,
    json(part),
    json(json(part)),
    encodeURIComponent(part),
    encodeURI(part),
    Buffer.from(part).toString("base64"),
    Buffer.from(part).toString("base64url"),
  ]);
}

/** In an address everything past the host may be the secret: the password, the path of a webhook, a query's values. */
function secretsInAddress(value: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return [];
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return [];
  }
  const decoded = (part: string) => {
    try {
      return [part, decodeURIComponent(part)];
    } catch {
      return [part];
    }
  };
  const login = url.username && url.password ? [`${url.username}:${url.password}`] : [];
  const path = url.protocol.startsWith("http") && url.pathname.length >= 12 ? [url.pathname] : [];
  const long = [...url.pathname.split("/"), ...url.searchParams.values()].filter((part) => part.length >= 16);
  return [...login, ...decoded(url.password), ...path, ...long].flatMap(decoded).filter((part) => part !== "");
}
