import { parentPort } from 'node:worker_threads'
import { compute, sleep } from './work.mjs'

parentPort?.on('message', ({ work, given, isMoved }) => {
  if (work === 'sleep') for (const ms of given) sleep(ms)
  if (work === 'compute') for (const ms of given) compute(ms)
  if (isMoved) parentPort?.postMessage(given, [given.buffer])
  else parentPort?.postMessage(work === 'back' ? given : undefined)
})
