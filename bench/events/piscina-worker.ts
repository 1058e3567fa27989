export default async (text: string): Promise<void> => {
  await handler(JSON.parse(text));
};

async function handler(_payload: unknown): Promise<void> {}
