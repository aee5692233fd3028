export function tell(bytes: Uint8Array): Promise<number>
export function system(item?: number): string
export function whereAfter(ms: number, x: number): Promise<readonly [number, number]>
export function whereBusy(ms: number): number
