import { vi } from 'vitest'

vi.mock('../../views/connect.ts', () => ({ connectorFor: () => undefined }))

import { expect, test } from 'vitest'
import { FakeController } from './fake-controller.ts'

test('a call gives a result', async () => {
  const controller = new FakeController()
  controller.serve((a: number, b: number) => a + b)
  await using client = await controller.connect()
  const result = client.loadBalancedView().apply((a: number, b: number) => a + b, 1, 2)
  expect(result.status).toBe('pending')
  expect(await result).toBe(3)
  expect(result.successful).toBe(true)
})
