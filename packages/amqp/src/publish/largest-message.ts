/** The largest body that the broker takes, where it closed a channel for a larger one and says so: as RabbitMQ words it. */
export function largestOf({ message }: Error): number | undefined {
  const most = /message size \d+ is larger than (?:configured )?max size (\d+)/.exec(message)?.[1];
  return most === undefined ? undefined : Number(most);
}
