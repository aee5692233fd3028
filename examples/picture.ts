/** What the examples draw with: rectangles and words, as SVG. */
import { writeFile } from 'node:fs/promises'

/** In pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** A colour of CSS. */
  readonly fill: string
  /** What is told of it where the pointer is. */
  readonly title?: string
}

export interface Words {
  readonly x: number
  readonly y: number
  readonly text: string
}

const round = (value: number) => Math.round(value * 10) / 10

export async function writePicture(
  path: string,
  size: { readonly width: number; readonly height: number; readonly title: string },
  boxes: readonly Box[],
  words: readonly Words[] = [],
): Promise<void> {
  const { width, height, title } = size
  const shapes = boxes.map(({ x, y, width, height, fill, title }) => {
    const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"`
    return title === undefined ? `<rect ${place}/>` : `<rect ${place}><title>${title}</title></rect>`
  })
  const texts = words.map(({ x, y, text }) => `<text x="${round(x)}" y="${round(y)}">${text}</text>`)
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" shape-rendering="crispEdges" font-family="sans-serif" font-size="12">`
  const background = `<title>${title}</title>\n<rect width="${width}" height="${height}" fill="white"/>`
  await writeFile(path, `${[head, background, ...shapes, ...texts, '</svg>'].join('\n')}\n`)
}
