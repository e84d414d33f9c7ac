import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Refusal } from "./refusal";

/** The largest plan that is read, in bytes. */
export const MAX_BYTES = 1024 * 1024;

/** A file as plain data, with the line of each place in it. */
export interface YamlFile {
  readonly value: Record<string, unknown>;
  /** Line, from 1, of a key or of the nearest place above it. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/** Reads YAML 1.2 into plain data, or says why it cannot. Reads no file and runs nothing: there are no tags with code. */
export function readYaml(text: string): YamlFile | readonly Refusal[] {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    return [{ path: "", message: `a plan must be 1 MiB or smaller; got ${bytes} bytes. Is this the right file?` }];
  }
  if (text.includes("__proto__")) {
    const line = text.slice(0, text.indexOf("__proto__")).split("\n").length;
    return [{ path: "", message: `line ${line} says __proto__, which no plan needs and no name may be`, line }];
  }
  if (tooDeep(text)) return [{ path: "", message: "nested too deeply to be a plan" }];
  try {
    return readDocument(text);
  } catch {
    return [{ path: "", message: "aliases (*name) expand to more than a plan can hold; write the values out" }];
  }
}

/** Deeper than this is no plan: theirs is five or six. */
const MAX_DEPTH = 100;

/**
 * Whether a text could be nested deeper than any plan, judged by its brackets, indentation and indicators alone. Asked before parsing: the
 * parser calls itself for each level, and a stack that ends inside a regular expression ends the whole process.
 */
function tooDeep(text: string): boolean {
  let depth = 0;
  let column = 0;
  let indicators = 0;
  let indented = true;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "\n") [column, indicators, indented] = [0, 0, true];
    else if (indented && (char === " " || char === "\t")) column++;
    else {
      indented = false;
      if (char === "[" || char === "{") depth++;
      else if (char === "]" || char === "}") depth = Math.max(0, depth - 1);
      else if ("-?:".includes(char) && /^\s?$/.test(text.charAt(i + 1))) indicators++;
    }
    if (depth > MAX_DEPTH || column > MAX_DEPTH || indicators > 2 * MAX_DEPTH) return true;
  }
  return false;
}

function readDocument(text: string): YamlFile | readonly Refusal[] {
  const lines = new LineCounter();
  // The library's own check for duplicate keys compares each key with each: minutes for a large file.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  });
  const line = (offset: number) => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    return document.errors.slice(0, 10).map(({ pos, message }) => {
      return { path: "", message: `line ${line(pos[0])} is not YAML: ${message}`, line: line(pos[0]) };
    });
  }
  const twice = [...duplicates(document.contents)].slice(0, 10);
  if (twice.length > 0) {
    return twice.map(({ path, offset }) => {
      return { path, message: `line ${line(offset)} says this key a second time; keep one`, line: line(offset) };
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined)
    return [{ path: "", message: "the plan is empty; plans/cotai.yaml is one to start from" }];
  if (typeof value !== "object" || Array.isArray(value)) {
    return [
      {
        path: "",
        message: `a plan must be a map of keys such as name, sites and data; got ${Array.isArray(value) ? "a list" : "plain text"}`,
      },
    ];
  }
  return {
    value: value as Record<string, unknown>,
    lineOf: (path) => {
      const offset = offsetOf(document.contents, path);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

/** Keys that a map has already. */
function* duplicates(node: unknown, above = ""): Iterable<{ path: string; offset: number }> {
  if (isMap(node)) {
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      const path = above ? `${above}.${name}` : name;
      if (seen.has(name)) yield { path, offset: isScalar(key) ? (key.range?.[0] ?? 0) : 0 };
      seen.add(name);
      yield* duplicates(value, path);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) yield* duplicates(item, `${above}[${index}]`);
  }
}

/** Offset of the key at the end of a path, or of the last one on the way that exists. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number | undefined {
  let node = root;
  let offset: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (!pair) break;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
