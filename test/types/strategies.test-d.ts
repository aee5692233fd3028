import { expectTypeOf, test } from 'vitest'
import { type ExpectedInput, strategy } from '../../scheduler/strategies/strategy.ts'

test('a strategy knows as much of durations as it declares, and may not know it after all', () => {
  strategy('plain', {
    start(context) {
      expectTypeOf(context).not.toHaveProperty('estimates')
      return {
        choose: (_task, engines) => engines.at(0),
        taskFinished: (_task, _engine, report) => expectTypeOf(report).not.toHaveProperty('durationMs'),
      }
    },
  })
  strategy('durations', {
    information: 'durations',
    start(context) {
      expectTypeOf(context).not.toHaveProperty('estimates')
      return {
        choose: (_task, engines) => engines.at(0),
        taskFinished: (_task, _engine, { durationMs }) => expectTypeOf(durationMs).toEqualTypeOf<number>(),
      }
    },
  })
  strategy('estimates', {
    information: 'estimates',
    start({ estimates }) {
      return {
        choose(task, engines) {
          expectTypeOf(task).not.toHaveProperty('durationMs')
          expectTypeOf(task).not.toHaveProperty('inputs')
          expectTypeOf(estimates.durationMs(task)).toEqualTypeOf<number | undefined>()
          expectTypeOf(estimates.inputs(task)).toEqualTypeOf<readonly ExpectedInput[]>()
          expectTypeOf(estimates.bytesPerSecond).toEqualTypeOf<number>()
          return engines.at(0)
        },
      }
    },
  })
})

test('a strategy answers with an engine, or how the task is to wait', () => {
  strategy('patient', (_task, engines) => (engines.size > 1 ? 'pass' : 'hold'))
  // @ts-expect-error to say nothing is no answer
  strategy('silent', () => undefined)
  // @ts-expect-error no such way to wait
  strategy('idle', () => 'later')
})
