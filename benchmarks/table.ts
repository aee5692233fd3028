/** Columns as wide as their widest cell: the first to the left, the others, which hold figures, to the right. */
export function textTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    return `  ${padded.join('  ')}`.trimEnd()
  }
  return `${[heads, ...rows].map(line).join('\n')}\n`
}
