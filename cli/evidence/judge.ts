import { ancestorsOf, examine, lackedBy, readLog, short, type Copy, type Log } from "../../evidence/chain";
import { FILE, type Sealed } from "../../evidence/record";

/** What speaks against the evidence. */
export interface Finding {
  readonly kind: "altered" | "missing" | "out-of-order" | "forked" | "unreadable" | "not-in-log";
  readonly text: string;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** What a reader should know and no reason for doubt. */
  readonly notes: readonly string[];
  readonly log: Log;
}

/**
 * Proves every record's hash and link in every copy, and compares the copies.
 * @param head A hash that was printed and kept elsewhere: with it, a log that was cut off or rewritten everywhere is found too.
 */
export function judge(copies: readonly Copy[], plan: string, head?: string): Judgement {
  const log = readLog(copies, plan);
  const findings: Finding[] = [];
  const notes: string[] = [];
  const find = (kind: Finding["kind"], text: string) => void findings.push({ kind, text });

  for (const copy of copies) {
    const { name, there, files, problem, partial } = copy;
    if (problem !== undefined) find("unreadable", `${name}: ${problem}`);
    else if (!there) notes.push(`${name}: there is no bucket now, so nothing of it was compared`);
    for (const [file, bytes] of files) {
      const found = examine(file, bytes, plan);
      if (typeof found === "string") find("altered", `${name}: ${nameOf(file)} ${found}`);
    }
    if (!there || partial || problem !== undefined) continue;
    const { notYet, taken } = lackedBy(copy, log);
    for (const sealed of taken)
      find(
        "missing",
        `${name}: ${call(sealed)} is missing, though later ones are there; ${holders(sealed, copies)} has it`,
      );
    if (notYet.length > 0)
      find(
        "missing",
        `${name}: ${notYet.map(call).join(", ")} ${notYet.length > 1 ? "are" : "is"} missing at the end; ${holders(notYet[0]!, copies)} has what is missing`,
      );
  }
  judgeLinks(log, copies, find, notes);
  judgeForks(log, find, notes);
  if (head !== undefined) judgeHead(head, log, find, notes);
  return { findings, notes, log };
}

type Find = (kind: Finding["kind"], text: string) => void;

function judgeLinks({ records }: Log, copies: readonly Copy[], find: Find, notes: string[]): void {
  const byHash = new Map(records.map((sealed) => [sealed.hash, sealed]));
  const files = new Set(copies.flatMap((copy) => [...copy.files.keys()].map((file) => FILE.exec(file)![2])));
  for (const sealed of records) {
    const { previous, sequence, at } = sealed.record;
    for (const hash of previous)
      if (!byHash.has(hash) && !files.has(hash))
        find("missing", `${call(sealed)} follows one with the hash ${short(hash)}, which is in no copy`);
    const before = previous.flatMap((hash) => byHash.get(hash)?.record ?? []);
    const expected = 1 + Math.max(0, ...before.map((record) => record.sequence));
    if (before.length === previous.length && sequence !== expected)
      find("out-of-order", `${call(sealed)} should have the number ${expected} by the records that it follows`);
    const newest = before
      .map((record) => record.at)
      .sort()
      .at(-1);
    if (newest !== undefined && at < newest)
      notes.push(`${call(sealed)} is dated ${at}, before the one that it follows (${newest}): a clock was wrong`);
  }
}

/** Records that follow the same one went different ways: at two sites that did not see each other, or by a rewriting hand. */
function judgeForks(log: Log, find: Find, notes: string[]): void {
  const children = new Map<string, Sealed[]>();
  for (const sealed of log.records)
    for (const hash of sealed.record.previous.length > 0 ? sealed.record.previous : [""])
      children.set(hash, [...(children.get(hash) ?? []), sealed]);

  const told = new Set<string>();
  for (const [parent, ways] of children) {
    const text = ways.map(call).join(" and ");
    if (ways.length < 2 || told.has(text)) continue;
    told.add(text);
    const before = log.records.find(({ hash }) => hash === parent);
    const where = before ? `after ${call(before)}` : "at the beginning";
    const join = log.records.find((sealed) => {
      const ancestors = ancestorsOf([sealed], log);
      return ways.every(({ hash }) => ancestors.has(hash) || hash === sealed.hash);
    });
    if (join && before) notes.push(`forked ${where} into ${text}; ${call(join)} joined them`);
    else
      find(
        "forked",
        `forked ${where} into ${text}${join ? `; ${call(join)} joined them` : ", and nothing has joined them"}`,
      );
  }
}

function judgeHead(head: string, { records, heads }: Log, find: Find, notes: string[]): void {
  const found = records.find(({ hash }) => hash.startsWith(head));
  if (!found) find("not-in-log", `${head} is in no copy: the log was cut off before it, or rewritten`);
  else notes.push(`${call(found)} is in the log${heads.includes(found) ? ", and the newest" : ""}`);
}

const call = ({ hash, record }: Sealed) => `record ${record.sequence} (${short(hash)})`;

function nameOf(file: string): string {
  const [, sequence, hash] = FILE.exec(file)!;
  return `record ${Number(sequence)} (${short(hash!)})`;
}

function holders({ hash }: Sealed, copies: readonly Copy[]): string {
  const holding = copies.filter(({ files }) => [...files.keys()].some((file) => file.includes(hash)));
  return holding.map(({ name }) => name).join(" and ");
}
