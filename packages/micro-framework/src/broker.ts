// `micro-framework/broker`: the embedded broker itself, for tests and for programs beside a service. Apart from the main
// entry, so that a service on RabbitMQ never loads it.

export * from '@micro-framework/broker';
