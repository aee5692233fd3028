/** The tutorial of IPython's task interface, line by line, on the combinations of transport and engine kind. */
import { describe, expect, it } from 'vitest'
import { combinations, withCluster } from './combinations.ts'
import { followTutorial } from './tutorial-steps.ts'

describe.each(combinations)('the tutorial on $name', (combination) => {
  it('maps, decorates and applies as the text says', async () => {
    await withCluster(combination, followTutorial)
  })

  it('brings a task’s error with its cause, its engine and its stack', async () => {
    await withCluster(combination, async (client) => {
      const failing = client.loadBalancedView().apply((x: number) => {
        throw new RangeError(`no ${x}`, { cause: new Map([['x', x]]) })
      }, 7)
      const error = await failing.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'YM_REMOTE', message: expect.stringContaining('no 7') })
      expect(error).toHaveProperty('cause.cause', new Map([['x', 7]]))
      expect(error).toHaveProperty('cause.name', 'RangeError')
    })
  })
})
