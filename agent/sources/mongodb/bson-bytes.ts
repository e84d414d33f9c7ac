/** What MongoDB takes: 16 MiB, and 16 KiB more for what it adds itself. */
const LARGEST = 16 * 1024 * 1024 + 16 * 1024;
const SMALLEST = 5;
/** MongoDB takes 100; its own collections some more. */
const DEEPEST = 200;

/** Bytes that are no BSON document, and where they lie. */
export class BsonError extends Error {}

/** Cuts bytes as they come into whole documents, with what each starts at. Holds one document and one chunk at most. */
export async function* documentsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let held = 0;
  let offset = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    held += chunk.length;
    if (held < wanted(pending, held, offset)) continue;
    let rest = pending.length === 1 ? chunk : Buffer.concat(pending);
    for (let size: number; rest.length >= 4 && rest.length >= (size = sizeAt(rest, offset)); offset += size) {
      yield rest.subarray(0, size);
      rest = rest.subarray(size);
    }
    pending = rest.length > 0 ? [rest] : [];
    held = rest.length;
  }
  if (held > 0) throw new BsonError(`it ends in the middle of a document: ${held} bytes are left at byte ${offset}`);
}

/** How many bytes the first document needs, as far as its length is known. */
function wanted(pending: readonly Buffer[], held: number, offset: number): number {
  if (held < 4) return 4;
  const first = pending[0]!.length >= 4 ? pending[0]! : Buffer.concat(pending).subarray(0, 4);
  return sizeAt(first, offset);
}

function sizeAt(bytes: Buffer, offset: number): number {
  const size = bytes.readInt32LE(0);
  if (size < SMALLEST || size > LARGEST) throw new BsonError(`no document of ${size} bytes can be at byte ${offset}`);
  return size;
}

/** Walks a document to its end: every length, every type, every string's end. Throws {@link BsonError} if one is wrong. */
export function checkDocument(bytes: Buffer): void {
  if (bytes.length < SMALLEST || bytes.readInt32LE(0) !== bytes.length)
    throw new BsonError(`a document of ${bytes.length} bytes says that it has another length`);
  walk(bytes, 0, bytes.length, 0);
}

function walk(bytes: Buffer, start: number, end: number, depth: number): void {
  if (depth > DEEPEST) throw new BsonError(`documents lie more than ${DEEPEST} deep in each other`);
  const last = end - 1;
  if (bytes[last] !== 0) throw new BsonError(`the document at ${start} does not end with a zero`);
  let at = start + 4;
  while (at < last) {
    const type = bytes[at]!;
    const value = stringEnd(bytes, at + 1, last);
    at = value + sizeOf(bytes, type, value, last, depth);
    if (at > last) throw new BsonError(`a value of type ${type} at ${value} goes past the end of its document`);
  }
}

/** The byte after a zero-terminated string. */
function stringEnd(bytes: Buffer, from: number, last: number): number {
  const zero = bytes.indexOf(0, from);
  if (zero === -1 || zero >= last) throw new BsonError(`a name at ${from} has no end`);
  return zero + 1;
}

const FIXED: Readonly<Record<number, number>> = {
  ...{ 0x01: 8, 0x06: 0, 0x07: 12, 0x09: 8, 0x0a: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7f: 0, 0xff: 0 },
};

function sizeOf(bytes: Buffer, type: number, at: number, last: number, depth: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return fixed;
  if (type === 0x08) {
    if (bytes[at]! > 1) throw new BsonError(`a boolean at ${at} is ${bytes[at]}`);
    return 1;
  }
  if (type === 0x0b) return stringEnd(bytes, stringEnd(bytes, at, last), last) - at;
  if (![0x02, 0x03, 0x04, 0x05, 0x0c, 0x0d, 0x0e, 0x0f].includes(type))
    throw new BsonError(`there is no BSON type ${type}, at ${at}`);
  if (at + 4 > last) throw new BsonError(`a length at ${at} is cut off`);
  const size = bytes.readInt32LE(at);
  if (size < 0 || size > last - at) throw new BsonError(`a value at ${at} says that it has ${size} bytes`);
  switch (type) {
    case 0x03:
    case 0x04:
      if (size < SMALLEST) throw new BsonError(`a document at ${at} says that it has ${size} bytes`);
      walk(bytes, at, at + size, depth + 1);
      return size;
    case 0x05:
      return 4 + 1 + size;
    case 0x0f: {
      const scope = at + 4 + text(bytes, at + 4, last);
      const length = scope + 4 <= last ? bytes.readInt32LE(scope) : 0;
      if (length < SMALLEST || scope + length !== at + size)
        throw new BsonError(`a scope at ${scope} does not fill its value`);
      walk(bytes, scope, scope + length, depth + 1);
      return size;
    }
    default:
      return text(bytes, at, last) + (type === 0x0c ? 12 : 0);
  }
}

/** The bytes of a string with its length in front and its zero behind. */
function text(bytes: Buffer, at: number, last: number): number {
  const size = at + 4 <= last ? bytes.readInt32LE(at) : 0;
  if (size < 1 || at + 4 + size > last || bytes[at + 4 + size - 1] !== 0)
    throw new BsonError(`a string at ${at} does not end where it says`);
  return 4 + size;
}
