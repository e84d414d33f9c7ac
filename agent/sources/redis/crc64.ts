/** Redis' CRC-64 (Jones, reflected), eight bytes at a time, in halves of 32 bits: big integers are fifty times slower. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n;
const LOW = new Uint32Array(8 * 256);
const HIGH = new Uint32Array(8 * 256);

const table: bigint[] = [];
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  table.push(crc);
}
for (let byte = 0; byte < 256; byte++) {
  let crc = table[byte]!;
  for (let place = 0; place < 8; place++) {
    LOW[place * 256 + byte] = Number(crc & 0xffffffffn);
    HIGH[place * 256 + byte] = Number(crc >> 32n);
    crc = (crc >> 8n) ^ table[Number(crc & 0xffn)]!;
  }
}

export class Crc64 {
  private low = 0;
  private high = 0;

  update(bytes: Buffer): void {
    let { low, high } = this;
    let at = 0;
    for (const last = bytes.length - 7; at < last; at += 8) {
      low ^= bytes.readInt32LE(at);
      high ^= bytes.readInt32LE(at + 4);
      const a = 1792 + (low & 255);
      const b = 1536 + ((low >>> 8) & 255);
      const c = 1280 + ((low >>> 16) & 255);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 255);
      const f = 512 + ((high >>> 8) & 255);
      const g = 256 + ((high >>> 16) & 255);
      const h = high >>> 24;
      low = LOW[a]! ^ LOW[b]! ^ LOW[c]! ^ LOW[d]! ^ LOW[e]! ^ LOW[f]! ^ LOW[g]! ^ LOW[h]!;
      high = HIGH[a]! ^ HIGH[b]! ^ HIGH[c]! ^ HIGH[d]! ^ HIGH[e]! ^ HIGH[f]! ^ HIGH[g]! ^ HIGH[h]!;
    }
    for (; at < bytes.length; at++) {
      const place = (low ^ bytes[at]!) & 255;
      low = ((low >>> 8) | (high << 24)) ^ LOW[place]!;
      high = (high >>> 8) ^ HIGH[place]!;
    }
    this.low = low;
    this.high = high;
  }

  /** As it stands at the end of a file: 8 bytes, the lowest first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(this.low | 0, 0);
    bytes.writeInt32LE(this.high | 0, 4);
    return bytes;
  }
}
