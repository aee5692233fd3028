import { type Html, html } from './html.ts'

export interface Table {
  readonly caption: string
  readonly heads: readonly string[]
  /** The first cell of each names the row. Numbers stand to the right. */
  readonly rows: readonly (readonly Cell[])[]
}

export type Cell = string | { readonly number: string; readonly isBest?: boolean }

export function table({ caption, heads, rows }: Table): Html {
  return html`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${heads.map((head, column) => headOf(head, rows[0]?.[column]))}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map(cellOf)}</tr>\n`)}</tbody></table></div>
`
}

function headOf(head: string, beneath: Cell | undefined): Html {
  return typeof beneath === 'object'
    ? html`<th scope="col" class="number">${head}</th>`
    : html`<th scope="col">${head}</th>`
}

function cellOf(cell: Cell, column: number): Html {
  if (typeof cell === 'string') return column === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`
  return cell.isBest
    ? html`<td class="number"><strong>${cell.number}</strong></td>`
    : html`<td class="number">${cell.number}</td>`
}
