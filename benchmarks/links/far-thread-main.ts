/** The thread at the far ends of links between threads. */
import { parentPort } from 'node:worker_threads'
import { type Asked, answer } from './far-end.ts'

parentPort?.on('message', async (asked: Asked) => parentPort?.postMessage(await answer(asked)))
