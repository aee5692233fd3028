/** Queues in the scheduling lab against their closed forms, longer and more of them than in the tests: `npm run lab:closed-forms [-- times]`. */
import { moreQueueCases, simulateQueue } from '../test/sim/lab/closed-forms.ts'

const factor = Number(process.argv[2] ?? 5)
if (!(Number.isInteger(factor) && factor >= 1)) {
  console.error('Say how many times the usual number of tasks to simulate, for example: npm run lab:closed-forms -- 10')
  process.exit(2)
}

const startedAt = performance.now()
let tasks = 0
let outside = 0
console.log(
  'mean time in seconds                               closed form   simulated, with its 99 % interval        tasks',
)
for (const queue of moreQueueCases) {
  const { mean, halfWidth } = simulateQueue(queue, factor)
  const isWithin = Math.abs(mean - queue.exact) <= halfWidth
  tasks += queue.tasks * factor
  if (!isWithin) outside += 1
  const figures = `${mean.toFixed(4)} ± ${halfWidth.toFixed(4)}`.padEnd(22)
  const count = (queue.tasks * factor).toLocaleString('en').padStart(12)
  console.log(
    `${queue.name.padEnd(50)} ${queue.exact.toFixed(4).padStart(11)}   ${figures} ${isWithin ? '' : 'OUTSIDE'}`.padEnd(
      99,
    ) + count,
  )
}
const seconds = (performance.now() - startedAt) / 1_000
const cases = moreQueueCases.length
console.log(`${outside} of ${cases} outside their interval; ${(cases / 100).toFixed(1)} are expected to be`)
console.log(`${tasks.toLocaleString('en')} tasks in ${seconds.toFixed(0)} s`)
