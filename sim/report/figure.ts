import type { Chart } from './chart.ts'
import { withVariables } from './colours.ts'
import { escaped, Html, html } from './html.ts'
import type { DrawSvg } from './svg-drawing.ts'

/** A chart with what it shows in words, for those who see it and those who do not. */
export function figure({ id, title, description, size, option }: Chart, draw: DrawSvg): Html {
  const [titleId, descriptionId] = [`${id}-title`, `${id}-description`]
  const words = `<title id="${titleId}">${escaped(title)}</title><desc id="${descriptionId}">${escaped(description)}</desc>`
  const svg = withVariables(withoutScript(draw(option, size)))
    // As wide as the page, and no wider than drawn.
    .replace(
      /^<svg width="\d+" height="\d+"/,
      `<svg id="${id}" role="img" aria-labelledby="${titleId} ${descriptionId}"`,
    )
    .replace('>', `>${words}`)
  return html`<figure style="max-width:${size.width}px"><figcaption>${title}<span>${description}</span></figcaption>${new Html(svg)}</figure>
`
}

/** Without what ECharts leaves for its script in a browser, which is half of the text. */
function withoutScript(svg: string): string {
  return (
    svg
      .replace(/ (?:ecmeta_\w+|class|pointer-events)="[^"]*"/g, '')
      .replace(/<style\s*>.*?<\/style>/gs, '')
      // The frame of a legend, which has none.
      .replace(/<path [^>]*fill="rgb\(0,0,0\)" fill-opacity="0"[^>]*><\/path>/g, '')
      // Of clipping areas, whose colour nobody sees.
      .replace(/ fill="#000"/g, '')
      .replace(/\n+/g, '\n')
  )
}
