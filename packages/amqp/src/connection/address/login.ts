import { credentials } from 'amqplib';

/** User and password of an address, as the broker is told them; those of a fresh RabbitMQ where it names none. */
export function plainLogin(uri: string): ReturnType<typeof credentials.plain> {
  const { username, password } = new URL(uri);
  if (username === '' && password === '') return credentials.plain('guest', 'guest');
  return credentials.plain(decoded(username), decoded(password));
}

// The driver, given the address alone, takes each byte of what is not ASCII for a letter.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}
