import { expect, test } from 'vitest'
import { mg1Wait, mmcResponse, powerOfDResponse, queueCases, simulateQueue } from './closed-forms.ts'

test('the formulas give the published values', () => {
  expect(mmcResponse(1, 0.9)).toBeCloseTo(10, 5)
  expect(mmcResponse(2, 0.7)).toBeCloseTo(1.96078, 5)
  expect(mmcResponse(4, 0.9)).toBeCloseTo(2.96938, 5)
  expect(mmcResponse(16, 0.95)).toBeCloseTo(1.97524, 5)
  expect([0, 1, 4, 10].map((variation) => mg1Wait(0.8, variation))).toEqual(
    [2, 4, 10, 22].map((n) => expect.closeTo(n)),
  )
  expect(powerOfDResponse(2, 0.9)).toBeCloseTo(2.61406, 5)
  expect(powerOfDResponse(3, 0.95)).toBeCloseTo(2.53513, 5)
  expect(powerOfDResponse(5, 0.5)).toBeCloseTo(1.03125, 5)
})

test.for(queueCases)('$name', (queue) => {
  const { mean, halfWidth } = simulateQueue(queue)
  // The interval is worth something only if it is narrow.
  expect(halfWidth).toBeLessThan(0.2 * queue.exact)
  expect(Math.abs(mean - queue.exact), `${mean} ± ${halfWidth}, and should be ${queue.exact}`).toBeLessThanOrEqual(
    halfWidth,
  )
})
