/** Records what a task costs in counts that are the same on every machine: `npm run counts`. A test compares with them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allocatedBytesPerTask, nodeMajor } from '../test/benchmarks/allocations.ts'
import { takeTaskCounts } from '../test/benchmarks/task-counts.ts'

const file = fileURLToPath(new URL('../test/benchmarks/counts.json', import.meta.url))
const recorded = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const ways = await takeTaskCounts()
const allocated = { ...recorded.allocatedBytesPerTask, [nodeMajor]: await allocatedBytesPerTask() }
writeFileSync(file, `${JSON.stringify({ ways, allocatedBytesPerTask: allocated }, null, 2)}\n`)
