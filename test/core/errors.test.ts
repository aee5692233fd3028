import { expect, test } from 'vitest'
import { type ErrorCode, errorFromFault, YardmasterError } from '../../core/errors.ts'

test('a fault whose code is the name of something that every object has is an error like others', () => {
  for (const code of ['__proto__', 'constructor', 'toString', 'YM_UNKNOWN_TO_US']) {
    const error = errorFromFault({ code: code as ErrorCode, message: 'from outside' })
    expect(error).toBeInstanceOf(YardmasterError)
    expect(error).toMatchObject({ code, message: expect.stringContaining('from outside') })
  }
})
