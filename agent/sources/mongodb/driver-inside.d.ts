/** Of the MongoDB driver's inside: see raw-insert.ts. */
declare module "mongodb/lib/cmap/commands" {
  export class DocumentSequence {
    constructor(field: string);
    push(document: object, bytes: Uint8Array): number;
  }
}
