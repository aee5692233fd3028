/** The frames of a stack, without the message before them. There are no source maps at hand. */
export function sourceFrames(stack: string): string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line))
}
