/** Loaded before the program of a process (`--import`): an engine's begins when the file `ENGINES_WAIT_FOR` is there, or its folder is gone. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const { ENGINES_WAIT_FOR: file } = process.env
if (file !== undefined && process.argv[1]?.endsWith('process-main.js')) {
  // As its program would see to.
  const end = () => process.exit()
  process.once('disconnect', end)
  while (existsSync(dirname(file)) && !existsSync(file)) await setTimeout(20)
  process.off('disconnect', end)
}
