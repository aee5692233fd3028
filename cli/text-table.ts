type Cell = string | number

/** Columns as wide as their widest cell; those that hold numbers only are aligned to the right. */
export function textTable(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const columns = heads.map((head, column) => {
    const cells = rows.map((row) => row[column] ?? '')
    const width = Math.max(head.length, ...cells.map((cell) => String(cell).length))
    const isNumeric = cells.every((cell) => typeof cell === 'number')
    return (cell: Cell) => (isNumeric ? String(cell).padStart(width) : String(cell).padEnd(width))
  })
  const line = (cells: readonly Cell[]) =>
    `${columns
      .map((pad, column) => pad(cells[column] ?? ''))
      .join('  ')
      .trimEnd()}\n`
  return [heads, ...rows].map(line).join('')
}
