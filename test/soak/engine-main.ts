/** The engine that is never killed. */
import { answer, orderOf } from './answering.ts'
import { memoryNow } from './memory.ts'
import type { EngineOrder } from './messages.ts'
import { steadyEngine } from './setting.ts'

// As the process of an engine does, from where threads start.
const dist = (path: string) => import(new URL(`../../dist/cluster/${path}`, import.meta.url).href)
const { startEngine } = (await dist('engine.js')) as typeof import('../../cluster/engine.ts')
const { threadExecutor } = (await dist('executors/thread.js')) as typeof import('../../cluster/executors/thread.ts')

const { address, key } = await orderOf<EngineOrder>()
await startEngine({
  address,
  key: new Uint8Array(Buffer.from(key, 'base64url')),
  executors: threadExecutor,
  info: { name: steadyEngine, kind: 'process' },
})
answer(memoryNow)
