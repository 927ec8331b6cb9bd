// Arguments in, exit code out. Everything else is in cli/ (commands) and app/ (the server's wiring).
int main() { return 0; }
