/** Reads the shapes that an RDB is made of. A step yields how many bytes it needs: more than none to read, less to skip. */
export type Steps<T> = Generator<number, T, Buffer>;

/** Bytes that are no RDB. */
export class RdbError extends Error {}

const LZF = 3;

/** A length; for a value that is written in another way than by its length, the way, as a negative number less one. */
function* length(): Steps<number> {
  const first = (yield 1)[0]!;
  switch (first >> 6) {
    case 0:
      return first & 0x3f;
    case 1:
      return ((first & 0x3f) << 8) | (yield 1)[0]!;
    case 3:
      return -1 - (first & 0x3f);
    default:
      if (first === 0x80) return (yield 4).readUInt32BE(0);
      if (first === 0x81) return Number((yield 8).readBigUInt64BE(0));
      throw new RdbError(`a length begins with ${first}`);
  }
}

export function* number(): Steps<number> {
  const size = yield* length();
  if (size < 0) throw new RdbError("there is a value where a length should be");
  return size;
}

/** A string. Its bytes if it is short and written as it is; else it is only passed. */
export function* string(shortest = 0): Steps<Buffer | undefined> {
  const size = yield* length();
  if (size >= 0) {
    if (size > 0 && size <= shortest) return Buffer.from(yield size);
    if (size > 0) yield -size;
    return undefined;
  }
  const way = -1 - size;
  if (way === LZF) {
    const packed = yield* number();
    yield* number();
    if (packed > 0) yield -packed;
  } else if (way < LZF) yield -(1 << way);
  else throw new RdbError(`a string is written in an unknown way: ${way}`);
  return undefined;
}

function* strings(each: number): Steps<void> {
  for (let left = (yield* number()) * each; left > 0; left--) yield* string();
}

/** A score as text: its length, or one of three signs for what is no number. */
function* score(): Steps<void> {
  const size = (yield 1)[0]!;
  if (size > 0 && size < 253) yield -size;
}

/** Values of a module: each says its kind, until one says that it is the end. */
export function* moduleValues(): Steps<void> {
  yield* number();
  for (;;) {
    const kind = yield* number();
    if (kind === 0) return;
    if (kind === 1 || kind === 2) yield* number();
    else if (kind === 3) yield -4;
    else if (kind === 4) yield -8;
    else if (kind === 5) yield* string();
    else throw new RdbError(`a module's value has the unknown kind ${kind}`);
  }
}

function* stream(type: number): Steps<void> {
  const second = type !== 15;
  yield* strings(2);
  for (let left = second ? 8 : 3; left > 0; left--) yield* number();
  for (let groups = yield* number(); groups > 0; groups--) {
    yield* string();
    for (let left = second ? 3 : 2; left > 0; left--) yield* number();
    for (let pending = yield* number(); pending > 0; pending--) {
      yield -24;
      yield* number();
    }
    for (let consumers = yield* number(); consumers > 0; consumers--) {
      yield* string();
      yield type === 21 ? -16 : -8;
      const pending = yield* number();
      if (pending > 0) yield -16 * pending;
    }
  }
}

/** One value of a type, passed to its end. Types as `rdb.h` of Redis 5 to 8 numbers them. */
export function* value(type: number): Steps<void> {
  switch (type) {
    case 0: // string
    case 9: // the small forms: each is one string
    case 10:
    case 11:
    case 12:
    case 13:
    case 16:
    case 17:
    case 20:
      return void (yield* string());
    case 1: // list
    case 2: // set
    case 14: // list of ziplists
      return yield* strings(1);
    case 4: // hash
      return yield* strings(2);
    case 3: // sorted set, scores as text
      for (let left = yield* number(); left > 0; left--) {
        yield* string();
        yield* score();
      }
      return;
    case 5: // sorted set, scores as bytes
      for (let left = yield* number(); left > 0; left--) {
        yield* string();
        yield -8;
      }
      return;
    case 7:
      return yield* moduleValues();
    case 15:
    case 19:
    case 21:
      return yield* stream(type);
    case 18: // list of listpacks
      for (let left = yield* number(); left > 0; left--) {
        yield* number();
        yield* string();
      }
      return;
    case 24: // hash whose fields expire
      yield -8;
      for (let left = yield* number(); left > 0; left--) {
        yield* number();
        yield* string();
        yield* string();
      }
      return;
    case 25:
      yield -8;
      return void (yield* string());
    default:
      throw new RdbError(`there is no value of type ${type} that this agent knows`);
  }
}
