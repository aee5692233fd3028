/** What a client in Node has engines do. Loaded by Node itself, so that what is imported here keeps its name. */
import { type } from 'node:os'
import { currentTask } from 'yardmaster/engine'

export async function tell(bytes) {
  console.log('from a tab', { of: 'Chromium' })
  await new Promise((resolve) => setTimeout(resolve, 1))
  currentTask().emit(bytes.length)
  return currentTask().engineId
}

export const system = () => type()

export async function whereAfter(ms, x) {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return [x, currentTask().engineId]
}

export function whereBusy(ms) {
  const until = Date.now() + ms
  while (Date.now() < until);
  return currentTask().engineId
}
