/**
 * Columns side by side, a line a row; the first row is their names.
 * @param numbers Places of the columns that stand to the right.  @default - none
 */
export function columnsOf(rows: readonly (readonly string[])[], numbers: readonly number[] = []): readonly string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (numbers.includes(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd(),
  );
}
