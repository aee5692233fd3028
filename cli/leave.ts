/**
 * Ends the process as soon as what it wrote is out. To wait until nothing is left to do is not enough: a native socket
 * that closes in its own time can hold up a command that has ended.
 */
export async function leave(): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(written))
  process.exit()
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // Nobody may be reading any more.
    stream.once('error', () => resolve())
    if (stream.destroyed) resolve()
    else stream.write('', () => resolve())
  })
}
