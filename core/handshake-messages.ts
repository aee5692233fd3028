import Type, { type Static } from 'typebox'

export const protocolName = 'yardmaster'

const bytes32 = Type.Refine(
  Type.Unsafe<Uint8Array>({}),
  (value) => value instanceof Uint8Array && value.length === 32,
  () => 'must be 32 bytes',
)
const version = Type.Integer({ minimum: 0 })

/** The messages of the handshake. Their form is the same in all versions, so that versions can tell each other apart. */
export const handshakeMessages = Type.Union([
  Type.Object({
    type: Type.Literal('hello'),
    protocol: Type.String({ maxLength: 32 }),
    version,
    role: Type.String({ maxLength: 32 }),
    nonce: bytes32,
    details: Type.Optional(Type.Unknown()),
  }),
  Type.Object({ type: Type.Literal('challenge'), version, nonce: bytes32, proof: bytes32 }),
  Type.Object({ type: Type.Literal('proof'), proof: bytes32 }),
  Type.Object({ type: Type.Literal('welcome'), details: Type.Optional(Type.Unknown()) }),
  Type.Object({
    type: Type.Literal('refused'),
    fault: Type.Object({
      code: Type.Unsafe<import('./errors.ts').ErrorCode>(Type.String({ maxLength: 64 })),
      message: Type.String({ maxLength: 4_096 }),
    }),
  }),
])
export type HandshakeMessage = Static<typeof handshakeMessages>
