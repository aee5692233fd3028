interface Fitted {
  readonly context: CanvasRenderingContext2D
  /** In pixels of the style sheet. */
  readonly width: number
  readonly height: number
}

/** The canvas, empty, with as many dots as its place on the screen has. */
export function fitCanvas(canvas: HTMLCanvasElement): Fitted {
  const { clientWidth: width, clientHeight: height } = canvas
  const scale = devicePixelRatio || 1
  const [dotsWide, dotsTall] = [Math.round(width * scale), Math.round(height * scale)]
  if (canvas.width !== dotsWide || canvas.height !== dotsTall) {
    canvas.width = dotsWide
    canvas.height = dotsTall
  }
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  return { context, width, height }
}
