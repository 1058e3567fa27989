/**
 * What AMQP calls are put on the wire as. `own`: this framework's, answered by direct reply-to. `seed`: that of Python's
 * micro_framework. `nameko`: that of Nameko.
 */
export type RpcDialect = 'own' | 'seed' | 'nameko';

export const rpcDialects: readonly RpcDialect[] = ['own', 'seed', 'nameko'];
