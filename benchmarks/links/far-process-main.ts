/** The process at the far ends of links between processes. */
import { type Asked, answer } from './far-end.ts'

process.on('message', async (asked: Asked) => {
  const answered = await answer(asked)
  process.send?.(answered)
})
// Orphaned, it would wait for ever.
process.on('disconnect', () => process.exit())
