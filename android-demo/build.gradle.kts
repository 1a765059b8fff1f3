plugins {
    // The first that was made for API 37 is 9.3, with Gradle 9.5 (gradle/wrapper/gradle-wrapper.properties) and JDK 17.
    id("com.android.application") version "9.3.1" apply false
}
