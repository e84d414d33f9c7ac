import { Crc64 } from "./crc64";
import { moduleValues, number, RdbError, string, value, type Steps } from "./rdb-values";

/** The key of the value that a restore must find. */
export const SENTINEL = "dr:sentinel";

/** What a whole RDB holds. */
export interface RdbSummary {
  readonly format: number;
  /** Keys by database, `db0` and so on, with those whose time is over. */
  readonly keys: Readonly<Record<string, number>>;
  /** Of them, those that a server may drop when it loads: their time ends before the moment asked about. */
  readonly ending: Readonly<Record<string, number>>;
  readonly sentinels: readonly string[];
  /** False if the server was told to write none. */
  readonly checksum: boolean;
}

/**
 * Reads an RDB as it comes, to its end: magic, every length, every type, the end mark and the checksum. Each chunk is
 * answered with the part of it that belongs to the RDB: `redis-cli --rdb -` may send 40 bytes of its own behind.
 */
export class RdbReader {
  private readonly crc = new Crc64();
  private readonly steps: Steps<void>;
  private held: Buffer = Buffer.alloc(0);
  private need: number;
  private passed = 0;
  /** Bytes that the steps have asked for, and where the checksum begins. */
  private position = 0;
  private summedUpTo: number | undefined;
  private trailing = 0;
  private checksum: Buffer | undefined;
  private format = 0;
  private readonly keys: Record<string, number> = {};
  private readonly ending: Record<string, number> = {};
  private readonly sentinels: string[] = [];

  /** `endingBefore`: milliseconds since 1970. */
  constructor(private readonly endingBefore = 0) {
    this.steps = this.read();
    this.need = this.steps.next().value as number;
  }

  push(chunk: Buffer): Buffer {
    let at = 0;
    while (at < chunk.length && this.need !== 0) {
      if (this.need < 0) {
        const skipped = Math.min(-this.need, chunk.length - at);
        at += skipped;
        this.need += skipped;
        if (this.need === 0) this.proceed(this.held);
        continue;
      }
      const missing = this.need - this.held.length;
      const piece = chunk.subarray(at, at + missing);
      at += piece.length;
      this.held = this.held.length === 0 ? piece : Buffer.concat([this.held, piece]);
      if (this.held.length < this.need) continue;
      const whole = this.held;
      this.held = this.held.subarray(0, 0);
      this.proceed(whole);
    }
    const own = chunk.subarray(0, at);
    this.sum(own);
    this.trailing += chunk.length - at;
    if (this.trailing > 40) throw new RdbError(`there are bytes after its end, at byte ${this.passed}`);
    return own;
  }

  /** What it holds. Throws if it is not whole. */
  end(): RdbSummary {
    if (this.need !== 0) throw new RdbError(`it is cut off at byte ${this.passed}`);
    if (this.trailing !== 0 && this.trailing !== 40)
      throw new RdbError(`there are ${this.trailing} bytes after its end`);
    const none = this.checksum === undefined || this.checksum.every((byte) => byte === 0);
    if (!none && !this.crc.digest().equals(this.checksum!)) throw new RdbError("its checksum is not that of its bytes");
    const { format, keys, ending, sentinels } = this;
    return { format, keys, ending, sentinels, checksum: !none };
  }

  private proceed(bytes: Buffer): void {
    const next = this.steps.next(bytes);
    this.need = next.done ? 0 : next.value;
  }

  /** Sums up all but the checksum itself, which is known for what it is only once its first byte is asked for. */
  private sum(bytes: Buffer): void {
    const end = this.summedUpTo ?? Number.POSITIVE_INFINITY;
    this.crc.update(bytes.subarray(0, Math.max(0, Math.min(bytes.length, end - this.passed))));
    this.passed += bytes.length;
  }

  private *read(): Steps<void> {
    const magic = (yield* this.counted(9)).toString("latin1");
    if (!/^REDIS\d{4}$/.test(magic)) throw new RdbError("it does not begin as an RDB does");
    this.format = Number(magic.slice(5));
    yield* this.counting(this.body());
    this.summedUpTo = this.position;
    if (this.format >= 5) this.checksum = Buffer.from(yield 8);
  }

  private *counted(size: number): Steps<Buffer> {
    this.position += size;
    return yield size;
  }

  /** Passes steps on and keeps the position: where the checksum begins must be known to the byte. */
  private *counting(steps: Steps<void>): Steps<void> {
    for (let next = steps.next(); !next.done;) {
      this.position += Math.abs(next.value);
      next = steps.next(yield next.value);
    }
  }

  private *body(): Steps<void> {
    let database = "db0";
    let endsAt: number | undefined;
    for (;;) {
      const code = (yield 1)[0]!;
      switch (code) {
        case 0xff:
          return;
        case 0xfe:
          database = `db${yield* number()}`;
          break;
        case 0xfd:
          endsAt = (yield 4).readUInt32LE(0) * 1000;
          break;
        case 0xfc:
          endsAt = Number((yield 8).readBigInt64LE(0));
          break;
        case 0xfb: // sizes, for whoever loads it
          yield* number();
          yield* number();
          break;
        case 0xfa:
          yield* string();
          yield* string();
          break;
        case 0xf9:
          yield -1;
          break;
        case 0xf8:
          yield* number();
          break;
        case 0xf7:
          yield* moduleValues();
          break;
        case 0xf5: // a library of functions
          yield* string();
          break;
        case 0xf4: // sizes of a slot
          for (let left = 3; left > 0; left--) yield* number();
          break;
        default: {
          const key = yield* string(SENTINEL.length);
          if (code === 0 && key?.toString("latin1") === SENTINEL)
            this.sentinels.push((yield* string(64))?.toString("latin1") ?? "");
          else yield* value(code);
          this.keys[database] = (this.keys[database] ?? 0) + 1;
          if (endsAt !== undefined && endsAt < this.endingBefore)
            this.ending[database] = (this.ending[database] ?? 0) + 1;
          endsAt = undefined;
        }
      }
    }
  }
}

/** Reads an RDB whole. */
export async function readRdb(chunks: AsyncIterable<Buffer>, endingBefore?: number): Promise<RdbSummary> {
  const reader = new RdbReader(endingBefore);
  for await (const chunk of chunks) reader.push(chunk);
  return reader.end();
}
