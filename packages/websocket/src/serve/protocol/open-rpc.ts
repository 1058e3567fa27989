import type { Parameter, TargetInfo } from '@micro-framework/core/rpc';

/** The OpenRPC document (https://spec.open-rpc.org) of a service: what `rpc.discover` answers. */
export function openRpcDocument(service: string, targets: readonly TargetInfo[]): object {
  return {
    openrpc: '1.3.2',
    info: { title: service, version: '1' },
    methods: targets.map(({ target, description, parameters }) => ({
      name: target,
      ...(description !== undefined && { description }),
      paramStructure: 'either',
      params: parameters.map(contentDescriptor),
      result: { name: 'result', schema: {} },
    })),
  };
}

// Of types nothing is known at run time.
function contentDescriptor({ name, kind, required, hasDefault }: Parameter): object {
  const schema = kind === 'rest' ? { type: 'array' } : kind === 'keywords' ? { type: 'object' } : {};
  return { name, required, schema, 'x-kind': kind, 'x-default': hasDefault };
}
