import { transfer } from '../../core/transfer.ts'

export const backMoved = (bytes: Uint8Array<ArrayBuffer>) => transfer(bytes)
