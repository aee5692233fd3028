/** Prints a table: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)))
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    console.log(`  ${cells.join('  ')}`)
  }
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function decimals(value: number, digits: number): string {
  return value.toFixed(digits)
}
