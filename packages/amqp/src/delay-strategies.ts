/** How messages wait for their next attempt: see the setting `delayStrategy`. */
export type DelayStrategy = 'queues' | 'plugin' | 'native';

export const delayStrategies: readonly DelayStrategy[] = ['queues', 'plugin', 'native'];
